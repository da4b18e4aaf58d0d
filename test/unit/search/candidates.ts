import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { Lookup } from '../../../server/search/lookup.ts'
import { parseQuery } from '../../../server/search/parse-query.ts'
import type { AccountId, RepositoryId } from '../../../storage/metadata/identities.ts'
import type { IndexedRepository, SearchCandidate, SearchPosition } from '../../../storage/metadata/search-index.ts'

export const NOW = Date.parse('2026-06-15T12:00:00Z')

let lastId = 0

/** A repository as the index would give it, an ordinary one but for what the test is about. */
export function candidate(
  name: string,
  more: Partial<IndexedRepository> &
    Partial<Pick<SearchCandidate, 'labels' | 'kinds' | 'platforms' | 'popularity'>> = {},
): SearchCandidate {
  lastId += 1
  const { labels = {}, kinds = ['image'], platforms = ['linux/amd64'], popularity = 0, ...repository } = more
  return {
    position: lastId as SearchPosition,
    popularity,
    labels,
    kinds,
    platforms,
    repository: {
      id: lastId as RepositoryId,
      name: parseRepositoryName(name),
      ownerId: 1 as AccountId,
      visibility: 'public',
      pushedAt: NOW,
      state: 'active',
      description: '',
      ...repository,
    },
  }
}

/** What a query is looked up with, where no word begins others and no account is called so. */
export function lookup(text: string, more: Partial<Lookup> = {}): Lookup {
  const { words, key, name, filters } = parseQuery(text, { now: NOW, origin: 'http://localhost' })
  const terms = words.map((typed) => ({ typed, words: [typed], prefix: typed, ownerIds: [] }))
  return { terms, key, name, filters, named: undefined, at: NOW, ...more }
}
