import type { ApiClient } from '../../api/api-client.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { harmless } from '../../output/display-width.ts'
import { DEFAULT_LIMIT, type ListOptions, printList } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import type { Repository } from '../repo/repository-columns.ts'
import type { Cli } from '../run.ts'

interface FoundTag {
  readonly repository: string
  readonly tag: string
  readonly digest: string
  readonly platforms: readonly string[]
  readonly pushedAt: string
  readonly pulls: number
}

interface FoundAccount {
  readonly name: string
  readonly displayName: string | null
}

interface Results<Found> {
  readonly items: readonly Found[]
  /** What was looked for besides, because hardly anything was found as it was typed. */
  readonly correctedTo: string | null
  readonly next?: string
}

const REPOSITORY_COLUMNS: readonly Column<Repository>[] = [
  { heading: 'NAME', key: 'name', value: ({ name }) => name, style: () => 'strong' },
  {
    heading: 'DESCRIPTION',
    key: 'description',
    value: ({ description }) => description,
    show: ({ description, state }) => [state === 'active' ? '' : `[${state}]`, description].filter(Boolean).join(' '),
    isElastic: true,
  },
  { heading: 'STARS', key: 'stars', value: ({ stars }) => stars, align: 'right' },
  { heading: 'PULLS', key: 'pulls', value: ({ pulls }) => pulls, align: 'right' },
  {
    heading: 'PUSHED',
    key: 'pushedAt',
    value: ({ pushedAt }) => pushedAt,
    show: ({ pushedAt }) => ago(pushedAt, Date.now()),
  },
]

const TAG_COLUMNS: readonly Column<FoundTag>[] = [
  { heading: 'NAME', key: 'name', value: nameOfTag, style: () => 'strong' },
  { heading: 'DIGEST', key: 'digest', value: ({ digest }) => digest, show: ({ digest }) => shortDigest(digest) },
  { heading: 'PLATFORMS', key: 'platforms', value: ({ platforms }) => platforms.join(','), isElastic: true },
  { heading: 'PULLS', key: 'pulls', value: ({ pulls }) => pulls, align: 'right' },
  {
    heading: 'PUSHED',
    key: 'pushedAt',
    value: ({ pushedAt }) => pushedAt,
    show: ({ pushedAt }) => ago(pushedAt, Date.now()),
  },
]

const ACCOUNT_COLUMNS: readonly Column<FoundAccount>[] = [
  { heading: 'NAME', key: 'name', value: ({ name }) => name, style: () => 'strong' },
  { heading: 'DISPLAY NAME', key: 'displayName', value: ({ displayName }) => displayName, isElastic: true },
]

export type SearchOptions = ListOptions & {
  readonly server?: string
  readonly type: 'repository' | 'tag' | 'organization' | 'user'
}

/** `kontor search <words…>`: what fits best, first. */
export async function searchServer(cli: Cli, words: readonly string[], options: SearchOptions): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const q = words.join(' ')
  const { type } = options
  const none = q === '' ? undefined : `nothing is found for ${q}`
  const found = <Found>() => search<Found>(api, { q, type, options, note: terminal.note })
  if (type === 'repository') {
    const list = { columns: REPOSITORY_COLUMNS, name: ({ name }: Repository) => name, items: 'repositories', none }
    await printList(terminal, { rows: found<Repository>(), ...list }, options)
  } else if (type === 'tag') {
    const list = { columns: TAG_COLUMNS, name: nameOfTag, items: 'tags', none }
    await printList(terminal, { rows: found<FoundTag>(), ...list }, options)
  } else {
    const list = { columns: ACCOUNT_COLUMNS, name: ({ name }: FoundAccount) => name, items: `${type}s`, none }
    await printList(terminal, { rows: found<FoundAccount>(), ...list }, options)
  }
}

/** The most that the search gives at once. */
const PAGE_ITEMS = 100

async function* search<Found>(
  api: ApiClient,
  asked: { q: string; type: string; options: ListOptions; note: (line: string) => void },
): AsyncGenerator<Found> {
  const { q, type, options, note } = asked
  const limit = pageSize(options)
  let after: string | undefined
  do {
    const page: Results<Found> = await api.get('/search', { q, type, limit, after })
    if (after === undefined && page.correctedTo !== null) {
      note(`hardly anything for ${q}; results for ${harmless(page.correctedTo)} are listed as well`)
    }
    yield* page.items
    after = page.next
  } while (after !== undefined)
}

/** One more than is shown tells whether there are others; what is to be filtered or sorted may be anywhere. */
function pageSize({ limit = DEFAULT_LIMIT, all, filter, sort }: ListOptions): number {
  return all || filter !== undefined || sort !== undefined ? PAGE_ITEMS : Math.min(limit + 1, PAGE_ITEMS)
}

function nameOfTag({ repository, tag }: FoundTag): string {
  return `${repository}:${tag}`
}
