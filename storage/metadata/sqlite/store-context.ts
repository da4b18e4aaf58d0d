import type { Database } from 'better-sqlite3'

/** What every SQLite store is made from. */
export interface StoreContext {
  readonly db: Database
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds for which a name that was given up is held. */
  readonly holdNamesForMs: number
}
