import type { Database } from 'better-sqlite3'
import type { RepositoryIndexer } from './repository-indexer.ts'

/** What every SQLite store is made from. */
export interface StoreContext {
  readonly db: Database
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds for which a name that was given up is held. */
  readonly holdNamesForMs: number
  /** One for all: many changes end with it, and it has many statements. */
  readonly indexer: RepositoryIndexer
}
