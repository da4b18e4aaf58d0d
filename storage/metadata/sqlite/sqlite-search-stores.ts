import type { MetadataStore } from '../metadata-store.ts'
import { createAccounts } from './accounts.ts'
import { openForReading } from './connections.ts'
import { createRepositories } from './repositories.ts'
import { createRepositoryIndexer } from './repository-indexer.ts'
import { createSearchIndex } from './search-index.ts'
import { createTags } from './tags.ts'

/** What a search reads. Methods that change something fail. */
export interface SqliteSearchStores
  extends Pick<MetadataStore, 'accounts' | 'repositories' | 'searchIndex' | 'tags' | 'close'> {
  /**
   * Reads all that some work asks for as it is when it begins; nothing else may read meanwhile. Besides being right, it
   * is faster: with each commit of another connection SQLite throws away all that it holds in memory, and each statement
   * by itself looks for such commits.
   */
  readAtOnce<T>(work: () => Promise<T>): Promise<T>
}

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
  const begin = db.prepare('BEGIN')
  const end = db.prepare('COMMIT')
  return {
    async readAtOnce(work) {
      begin.run()
      try {
        return await work()
      } finally {
        // An error of the disk may have ended it.
        if (db.inTransaction) end.run()
      }
    },
    accounts: createAccounts(context),
    repositories: createRepositories(context),
    searchIndex: createSearchIndex(context),
    tags: createTags(context),
    async close() {
      db.close()
    },
  }
}
