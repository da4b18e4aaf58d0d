import { repositoryPath } from '../../api/paths.ts'
import { formatImageReference, parseRepositoryReference } from '../../references/image-reference.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getRepository, inRepository } from './find-repository.ts'

/** `kontor repo star|unstar <repository…>`. */
export async function starRepositories(
  cli: Cli,
  names: readonly string[],
  options: ChangeOptions & { readonly server?: string },
  isStarred: boolean,
): Promise<void> {
  for (const reference of [...new Set(names)].map(parseRepositoryReference)) {
    const name = formatImageReference(reference)
    const api = await cli.api({ server: options.server, host: reference.host })
    if (options.dryRun) {
      await getRepository(api, reference)
      cli.terminal.note(`would ${isStarred ? 'star' : 'unstar'} ${name}`)
      continue
    }
    await inRepository(api, reference, () =>
      api.send(isStarred ? 'PUT' : 'DELETE', `${repositoryPath(reference)}/star`),
    )
    cli.terminal.print(name)
  }
}
