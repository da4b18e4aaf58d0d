import { repositoryPath } from '../../api/paths.ts'
import { parseRepositoryReference } from '../../references/image-reference.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getRepository } from './find-repository.ts'
import type { RepositoryDetails } from './repository-columns.ts'

/** `kontor repo mv <repository> <new-name>`: another name in the same namespace, whole or without it. */
export async function moveRepository(
  cli: Cli,
  name: string,
  newName: string,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const reference = parseRepositoryReference(name)
  const asked = parseRepositoryReference(newName)
  const api = await cli.api({ server: options.server, host: reference.host })
  const path = repositoryPath(reference)
  const { value: before, etag } = await getRepository(api, reference)
  const [namespace = ''] = before.name.split('/')
  const to = asked.repository.includes('/') ? asked.repository : `${namespace}/${asked.repository}`
  if (options.dryRun) {
    terminal.note(`would rename ${before.name} to ${to}`)
    return
  }
  const after = await api.send<RepositoryDetails>('PATCH', path, { body: { name: to }, etag })
  terminal.print(after.name)
  if (after.name !== before.name) terminal.note(`it goes on answering as ${before.name} too`)
}
