import type { SearchIndex } from '../search-index.ts'
import { createAccountFinder } from './search-accounts.ts'
import { createSearchBuild } from './search-build.ts'
import { createCandidateReader } from './search-candidates.ts'
import { createSearchVocabulary } from './search-vocabulary.ts'
import type { StoreContext } from './store-context.ts'

/** The search index on SQLite's FTS5; what is written to it is in repository-indexer.ts and account-indexer.ts. */
export function createSearchIndex(context: StoreContext): SearchIndex {
  const { db } = context
  const candidatesFor = createCandidateReader(context)
  const accounts = createAccountFinder(context)
  const vocabulary = createSearchVocabulary(db)
  const build = createSearchBuild(context)
  const selectReadme = db
    .prepare<[number], string>('SELECT readme FROM repository_readme WHERE repository_id = ?')
    .pluck()
  return {
    async candidatesFor(viewer) {
      return candidatesFor(viewer)
    },
    async listAccounts(viewer, request) {
      return accounts.list(viewer, request)
    },
    async findOwners(prefix, limit) {
      return accounts.findOwners(prefix, limit)
    },
    async listWordsFrom(prefix, limit) {
      return vocabulary.listFrom(prefix, limit)
    },
    async listWordsLike(word, limit) {
      return vocabulary.listLike(word, limit)
    },
    async findReadme(id) {
      return selectReadme.get(id)
    },
    async startBuild() {
      return build.start()
    },
    async findBuild() {
      return build.find()
    },
    async continueBuild(limit) {
      return build.advance(limit)
    },
    async tidy() {
      return build.tidy()
    },
    async refreshPositions(after, limit) {
      return build.refreshPositions(after, limit)
    },
  }
}
