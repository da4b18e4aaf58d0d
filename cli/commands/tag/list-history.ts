import { tagPath } from '../../api/paths.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { parseTagReference } from '../../references/image-reference.ts'
import { inRepository } from '../repo/find-repository.ts'
import type { Cli } from '../run.ts'
import type { Lifetime } from './lifetime.ts'

const COLUMNS: readonly Column<Lifetime>[] = [
  {
    heading: 'DIGEST',
    key: 'digest',
    value: ({ digest }) => digest,
    show: ({ digest }) => shortDigest(digest),
    style: ({ current }) => (current ? 'good' : undefined),
  },
  {
    heading: 'SINCE',
    key: 'startedAt',
    value: ({ startedAt }) => startedAt,
    show: ({ startedAt }) => ago(startedAt, Date.now()),
  },
  { heading: 'BY', key: 'startedBy', value: ({ startedBy }) => startedBy, isElastic: true },
  {
    heading: 'UNTIL',
    key: 'endedAt',
    value: ({ endedAt }) => endedAt,
    show: ({ endedAt }) => (endedAt === null ? 'now' : ago(endedAt, Date.now())),
  },
  { heading: 'ENDED BY', key: 'endedBy', value: ({ endedBy }) => endedBy, isElastic: true },
]

/** `kontor tag history <image>`: what a tag points to and has pointed to, the newest first. */
export async function listHistory(
  cli: Cli,
  image: string,
  options: ListOptions & { readonly server?: string },
): Promise<void> {
  const reference = parseTagReference(image)
  const api = await cli.api({ server: options.server, host: reference.host })
  const rows = api.list<Lifetime>(`${tagPath(reference)}/history`)
  const items = 'things that it pointed to'
  const list = { rows, columns: COLUMNS, name: ({ digest }: Lifetime) => digest, items }
  await inRepository(api, reference, () => printList(cli.terminal, list, options))
}
