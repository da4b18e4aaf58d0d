import type { MetadataStore } from '../metadata-store.ts'
import { createAccounts } from './accounts.ts'
import { openForReading } from './connections.ts'
import { createRepositories } from './repositories.ts'
import { createRepositoryIndexer } from './repository-indexer.ts'
import { createSearchIndex } from './search-index.ts'
import { createTags } from './tags.ts'

/** What a search reads. Methods that change something fail. */
export type SqliteSearchStores = Pick<MetadataStore, 'accounts' | 'repositories' | 'searchIndex' | 'tags' | 'close'>

/**
 * Opens the stores that a search reads, on a connection of their own: for another thread than the one that writes. The
 * database must have been opened, and so migrated, before.
 * @param options.now milliseconds since the epoch.
 * @throws Error when the database cannot be opened.
 */
export function openSqliteSearchStores(options: {
  readonly path: string
  readonly now: () => number
}): SqliteSearchStores {
  const { path, now } = options
  const db = openForReading(path)
  const context = { db, now, holdNamesForMs: 0, indexer: createRepositoryIndexer({ db, now }) }
  return {
    accounts: createAccounts(context),
    repositories: createRepositories(context),
    searchIndex: createSearchIndex(context),
    tags: createTags(context),
    async close() {
      db.close()
    },
  }
}
