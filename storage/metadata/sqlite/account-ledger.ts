import type { AccountStore } from '../accounts.ts'
import { createAccounts } from './accounts.ts'
import { openBesideServer } from './connections.ts'
import { createRepositoryIndexer } from './repository-indexer.ts'

/** The accounts, as changed by a process that is no server: beside one, or where none runs. */
export interface AccountLedger {
  readonly accounts: AccountStore
  close(): void
}

/** @throws Error when the database is not of the version of this program. */
export function openAccountLedger(options: {
  readonly path: string
  readonly now: () => number
  /** Milliseconds for which a name that was given up is held. */
  readonly holdNamesForMs: number
}): AccountLedger {
  const { path, now, holdNamesForMs } = options
  const db = openBesideServer(path)
  const accounts = createAccounts({ db, now, holdNamesForMs, indexer: createRepositoryIndexer({ db, now }) })
  return { accounts, close: () => db.close() }
}
