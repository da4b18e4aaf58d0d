import type { AccountStore } from '../../storage/metadata/accounts.ts'
import type { RepositoryStore } from '../../storage/metadata/repositories.ts'
import type { SearchIndex } from '../../storage/metadata/search-index.ts'
import type { Lookup, LookupTerm } from './lookup.ts'
import type { SearchQuery } from './search-query.ts'

/** Accounts whose names contain a word, of which the repositories are found by it. */
const MAX_OWNERS = 4

/** Words that begin with a word that was typed: descriptions have no beginnings of words in the index. */
const MAX_BEGUN = 4

/** Shorter ones begin too much. */
const SHORTEST_BEGUN = 3

/** Makes what candidates are looked up with out of what was typed. */
export type PrepareLookup = (query: SearchQuery, at: number) => Promise<Lookup>

export function createPrepareLookup(deps: {
  readonly searchIndex: Pick<SearchIndex, 'findOwners' | 'listWordsFrom'>
  readonly repositories: Pick<RepositoryStore, 'locate'>
  readonly accounts: Pick<AccountStore, 'resolveName'>
}): PrepareLookup {
  const { searchIndex, repositories, accounts } = deps

  async function toTerm(typed: string): Promise<LookupTerm> {
    const ownerIds = await searchIndex.findOwners(typed, MAX_OWNERS)
    return { typed, words: [typed, ...(await listBegun(typed))], prefix: typed, ownerIds }
  }

  /** What a word was begun to be; several of it when it is a word itself, for each alternative makes the walk slower. */
  async function listBegun(typed: string): Promise<readonly string[]> {
    if ([...typed].length < SHORTEST_BEGUN) return []
    const begun = (await searchIndex.listWordsFrom(typed, MAX_BEGUN)).map(({ word }) => word)
    return begun.includes(typed) ? begun.filter((word) => word === `${typed}s` || word === `${typed}es`) : begun
  }

  /** An account that is not there and one that has nothing for the caller are the same: no repository is found. */
  async function ownersOf(names: readonly string[] | undefined) {
    if (names === undefined) return undefined
    const found = await Promise.all(names.map((name) => accounts.resolveName(name)))
    return found.flatMap((account) => account?.id ?? [])
  }

  return async ({ words, key, name, organizations, filters }, at) => {
    const place = name === undefined ? undefined : await repositories.locate(name, { thoroughly: true })
    return {
      terms: await Promise.all(words.map(toTerm)),
      key,
      name,
      named: place?.repository,
      filters: { ...filters, ownerIds: await ownersOf(organizations) },
      at,
    }
  }
}
