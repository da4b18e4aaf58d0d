import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { parseRepositoryReference } from '../../references/image-reference.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import type { RepositoryDetails } from './repository-columns.ts'
import { readVisibility, type VisibilityOptions } from './visibility.ts'

/** `kontor repo create <repository>`: what the first push would do as well, with a say in what it shall be. */
export async function createRepository(
  cli: Cli,
  name: string,
  options: ChangeOptions & VisibilityOptions & { readonly server?: string; readonly description?: string },
): Promise<void> {
  const { terminal } = cli
  const reference = parseRepositoryReference(name)
  const { repository } = reference
  const visibility = readVisibility(options)
  const { description } = options
  const api = await cli.api({ server: options.server, host: reference.host })
  const isRefused = (error: unknown, status: number) => error instanceof CliError && error.exitCode === status
  if (options.dryRun) {
    const there = await api.get<RepositoryDetails>(repositoryPath(reference)).catch((error: unknown) => {
      if (isRefused(error, EXIT.notFound)) return undefined
      throw error
    })
    if (there !== undefined) throw new CliError(`${there.name} is there already`, { exitCode: EXIT.conflict })
    terminal.note(`would create ${repository}`)
    return
  }
  const body = {
    name: repository,
    ...(visibility && { visibility }),
    ...(description !== undefined && { description }),
  }
  const created = await api.send<RepositoryDetails>('POST', '/repositories', { body }).catch((error: unknown) => {
    if (!(error instanceof CliError) || !isRefused(error, EXIT.notFound)) throw error
    const { code, requestId, exitCode } = error
    // The server does not say whether there is such a namespace: that would tell of what one may not see.
    throw new CliError(`there is no namespace for ${repository} that you may push to`, {
      code,
      requestId,
      exitCode,
      hint: 'choose another namespace: your own, or one of: kontor org ls',
      cause: error,
    })
  })
  terminal.print(created.name)
  terminal.note(`it is in lists once there is something in it: docker push ${api.url.host}/${created.name}:<tag>`)
}
