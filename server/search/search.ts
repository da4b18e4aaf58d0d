import type { AccountStore } from '../../storage/metadata/accounts.ts'
import type { RepositoryStore, Viewer } from '../../storage/metadata/repositories.ts'
import type { SearchIndex } from '../../storage/metadata/search-index.ts'
import type { TagStore } from '../../storage/metadata/tags.ts'
import { createCorrectSpelling } from './correct-spelling.ts'
import { createDescribeFound, type FoundRepository } from './describe-found.ts'
import { createPrepareLookup } from './prepare-lookup.ts'
import { createSearchAccounts, type SearchAccounts } from './search-accounts.ts'
import type { SearchQuery } from './search-query.ts'
import { createSearchRepositories, type RepositoryResults, type ResultPage } from './search-repositories.ts'
import { createSearchTags, type SearchTags } from './search-tags.ts'

/**
 * Everything that can be found. What a viewer may not see is never part of an answer. Questions and answers are plain
 * data, so that they can be asked from another thread.
 */
export interface Search {
  /**
   * A page of repositories, the best first.
   * @throws SearchRefusal when the page is not one of this search.
   */
  repositories(viewer: Viewer, query: SearchQuery, page: ResultPage): Promise<RepositoryResults<FoundRepository>>
  readonly tags: SearchTags
  readonly accounts: SearchAccounts
  /** Whether the registry has any repository that not everybody may see. */
  hasPrivateRepositories(): Promise<boolean>
}

/** What a search is made from. */
export interface SearchStores {
  readonly searchIndex: SearchIndex
  readonly repositories: Pick<RepositoryStore, 'locate' | 'findMany'>
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly tags: Pick<TagStore, 'listDetails'>
}

/** @param deps.now milliseconds since the epoch. */
export function createSearch(deps: SearchStores & { readonly now: () => number }): Search {
  const { searchIndex, tags, now } = deps
  const prepareLookup = createPrepareLookup(deps)
  const correctSpelling = createCorrectSpelling(searchIndex)
  const searchRepositories = createSearchRepositories({ searchIndex, prepareLookup, correctSpelling, now })
  const describeFound = createDescribeFound(deps)
  return {
    async repositories(viewer, query, page) {
      const results = await searchRepositories(viewer, query, page)
      return { ...results, items: await describeFound(results.items) }
    },
    tags: createSearchTags({ searchRepositories, tags }),
    accounts: createSearchAccounts({ searchIndex }),
    async hasPrivateRepositories() {
      const candidates = await searchIndex.candidatesFor({ kind: 'everything' })
      const filters = { visibility: 'private' } as const
      const [found] = await candidates.list({ match: { how: 'any' }, filters, before: undefined, limit: 1 })
      return found !== undefined
    },
  }
}
