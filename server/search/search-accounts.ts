import type { AccountId } from '../../storage/metadata/identities.ts'
import type { Viewer } from '../../storage/metadata/repositories.ts'
import type { AccountRequest, FoundAccount, SearchIndex } from '../../storage/metadata/search-index.ts'
import { keyOf, wordsOf } from '../../storage/metadata/search-words.ts'
import { countAt, formatCursor, parseCursor, wrongPage } from './cursor.ts'
import type { SearchQuery } from './search-query.ts'
import { SearchRefusal } from './search-refusal.ts'
import type { ResultPage } from './search-repositories.ts'

export interface AccountResults {
  readonly items: readonly FoundAccount[]
  readonly next: string | undefined
}

/**
 * A page of the users or the organizations that a viewer may know of: first those of exactly this name, then names that
 * begin so, names and display names with the words, and names that contain them.
 * @throws SearchRefusal when `after` is not of this search, and for qualifiers, which are about repositories.
 */
export type SearchAccounts = (
  viewer: Viewer,
  kind: FoundAccount['kind'],
  query: SearchQuery,
  page: ResultPage,
) => Promise<AccountResults>

const WAYS = ['exact', 'start', 'words', 'parts'] as const
type Way = (typeof WAYS)[number]

/** Accounts that are read at once; some of them were found in a better way already. */
const BATCH = 100

/** The index finds no shorter parts of names. */
const SHORTEST_PART = 3

export function createSearchAccounts(deps: {
  readonly searchIndex: Pick<SearchIndex, 'listAccounts'>
}): SearchAccounts {
  return async (viewer, kind, query, { limit, after }) => {
    refuseQualifiers(query, kind)
    const name = `${kind} ${query.text}`
    const state = after === undefined ? undefined : parseCursor(name, after)
    const start = WAYS[state === undefined ? 0 : countAt(state, 0)]
    if (start === undefined) throw wrongPage()
    if (query.hasText && query.words.length === 0) return { items: [], next: undefined }
    const items: FoundAccount[] = []
    // Accounts' ids begin at 1.
    let last = state === undefined ? 0 : countAt(state, 1)
    for (const way of WAYS.slice(WAYS.indexOf(start))) {
      const match = matchOf(way, query)
      for (let isEnd = match === undefined; match !== undefined && !isEnd; ) {
        const request = { match, kind, after: last === 0 ? undefined : (last as AccountId), limit: BATCH }
        const batch = await deps.searchIndex.listAccounts(viewer, request)
        for (const account of batch) {
          // In the first of the ways that find it, so that nothing comes twice.
          if (wayOf(account, query) === way) {
            if (items.length === limit) return { items, next: formatCursor(name, [WAYS.indexOf(way), last]) }
            items.push(account)
          }
          last = account.id
        }
        isEnd = batch.length < BATCH
      }
      last = 0
    }
    return { items, next: undefined }
  }
}

/** @throws SearchRefusal */
function refuseQualifiers({ used }: SearchQuery, kind: FoundAccount['kind']): void {
  if (used.length === 0) return
  const names = used.map((qualifier) => `${qualifier}:`).join(', ')
  const message = `${names} say what repositories are; leave them out to find ${kind}s, or search with type=repository`
  throw new SearchRefusal('QUERY_INVALID', message)
}

function matchOf(way: Way, { words, key }: SearchQuery): AccountRequest['match'] | undefined {
  switch (way) {
    case 'exact':
    case 'start':
      return key === '' ? undefined : { how: way, key }
    case 'words':
      return { how: 'words', prefixes: words }
    case 'parts':
      return [...key].length < SHORTEST_PART ? undefined : { how: 'substring', keys: [key] }
  }
}

/** The best way in which an account is found; the index knows only so many letters of what names begin with. */
function wayOf({ name, displayName }: FoundAccount, { words, key }: SearchQuery): Way | undefined {
  const own = keyOf(name)
  if (key !== '' && own === key) return 'exact'
  if (key !== '' && own.startsWith(key)) return 'start'
  const known = wordsOf(`${name} ${displayName ?? ''}`)
  if (words.every((word) => known.some((candidate) => candidate.startsWith(word)))) return 'words'
  return own.includes(key) ? 'parts' : undefined
}
