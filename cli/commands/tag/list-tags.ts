import { repositoryPath } from '../../api/paths.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { size } from '../../output/size.ts'
import { parseImageReference } from '../../references/image-reference.ts'
import type { Cli } from '../run.ts'

/** A tag, as `GET …/tags` answers. */
interface Tag {
  readonly name: string
  readonly digest: string
  readonly kind: string
  readonly platforms: readonly string[]
  readonly storedBytes: number
  readonly pulledBytes: number
  readonly pushedAt: string
  readonly pushedBy: string | null
  readonly pulls: number
  readonly lastPulledAt: string | null
}

const COLUMNS: readonly Column<Tag>[] = [
  { heading: 'TAG', key: 'name', value: ({ name }) => name, style: () => 'strong' },
  { heading: 'DIGEST', key: 'digest', value: ({ digest }) => digest, show: ({ digest }) => shortDigest(digest) },
  { heading: 'PLATFORMS', key: 'platforms', value: ({ platforms }) => platforms.join(','), isElastic: true },
  {
    heading: 'SIZE',
    key: 'pulledBytes',
    value: ({ pulledBytes }) => pulledBytes,
    show: ({ pulledBytes }) => size(pulledBytes),
    align: 'right',
  },
  {
    heading: 'PUSHED',
    key: 'pushedAt',
    value: ({ pushedAt }) => pushedAt,
    show: ({ pushedAt }) => ago(pushedAt, Date.now()),
  },
  { heading: 'BY', key: 'pushedBy', value: ({ pushedBy }) => pushedBy, isElastic: true },
  { heading: 'PULLS', key: 'pulls', value: ({ pulls }) => pulls, align: 'right' },
]

/** `kontor tag ls <repository>`. */
export async function listTags(
  cli: Cli,
  repository: string,
  options: ListOptions & { readonly server?: string; readonly order?: string; readonly prefix?: string },
): Promise<void> {
  const reference = parseImageReference(repository)
  const api = await cli.api({ server: options.server, host: reference.host })
  const { order, prefix } = options
  const rows = api.list<Tag>(`${repositoryPath(reference)}/tags`, { order, prefix })
  await printList(cli.terminal, { rows, columns: COLUMNS, name: ({ name }) => name, items: 'tags' }, options)
}
