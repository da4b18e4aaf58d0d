import { repositoryPath } from '../../api/paths.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { parseRepositoryReference } from '../../references/image-reference.ts'
import { inRepository } from '../repo/find-repository.ts'
import type { Cli } from '../run.ts'
import { TAG_COLUMNS, type Tag } from './tag-columns.ts'

/** `kontor tag ls <repository>`. */
export async function listTags(
  cli: Cli,
  repository: string,
  options: ListOptions & { readonly server?: string; readonly order?: string; readonly prefix?: string },
): Promise<void> {
  const reference = parseRepositoryReference(repository)
  const api = await cli.api({ server: options.server, host: reference.host })
  const { order, prefix } = options
  const rows = api.list<Tag>(`${repositoryPath(reference)}/tags`, { order, prefix })
  const list = { rows, columns: TAG_COLUMNS, name: ({ name }: Tag) => name, items: 'tags' }
  await inRepository(api, reference, () => printList(cli.terminal, list, options))
}
