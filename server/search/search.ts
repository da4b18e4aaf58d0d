import type { AccountStore } from '../../storage/metadata/accounts.ts'
import type { RepositoryStore } from '../../storage/metadata/repositories.ts'
import type { SearchIndex } from '../../storage/metadata/search-index.ts'
import type { TagStore } from '../../storage/metadata/tags.ts'
import { createCorrectSpelling } from './correct-spelling.ts'
import { createExplainMatch, type ExplainMatch } from './explain-match.ts'
import { createPrepareLookup } from './prepare-lookup.ts'
import { createSearchAccounts, type SearchAccounts } from './search-accounts.ts'
import { createSearchRepositories, type SearchRepositories } from './search-repositories.ts'
import { createSearchTags, type SearchTags } from './search-tags.ts'

/** Everything that can be found. What a viewer may not see is never part of an answer. */
export interface Search {
  readonly repositories: SearchRepositories
  readonly explain: ExplainMatch
  readonly tags: SearchTags
  readonly accounts: SearchAccounts
  /** Whether the registry has any repository that not everybody may see. */
  hasPrivateRepositories(): Promise<boolean>
}

export function createSearch(deps: {
  readonly searchIndex: SearchIndex
  readonly repositories: Pick<RepositoryStore, 'locate'>
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly tags: Pick<TagStore, 'listDetails'>
  readonly now: () => number
}): Search {
  const { searchIndex, tags, now } = deps
  const prepareLookup = createPrepareLookup(deps)
  const correctSpelling = createCorrectSpelling(searchIndex)
  const searchRepositories = createSearchRepositories({ searchIndex, prepareLookup, correctSpelling, now })
  return {
    repositories: searchRepositories,
    explain: createExplainMatch(searchIndex),
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
