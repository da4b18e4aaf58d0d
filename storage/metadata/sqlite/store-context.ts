import type { Database } from 'better-sqlite3'
import type { RepositoryIndexer } from './repository-indexer.ts'
import type { WriteAheadLog } from './write-ahead-log.ts'

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

/** What the stores are made from that pushes go to. */
export interface PushContext extends StoreContext {
  readonly log: WriteAheadLog
}
