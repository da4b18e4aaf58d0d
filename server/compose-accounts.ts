import type { Secret } from '../config/secret.ts'
import { DataFolderInUseError, findDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { AccountStore } from '../storage/metadata/accounts.ts'
import { openAccountLedger } from '../storage/metadata/sqlite/account-ledger.ts'
import { readMigrationStatus } from '../storage/metadata/sqlite/migration-ledger.ts'
import { openSqliteMetadataStore } from '../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { createPasswords, type Passwords } from './access/passwords.ts'
import { completeFirstStart, type FirstStart } from './accounts/first-start.ts'
import { createResources, type Resources } from './resources.ts'

/** What the users of a data folder are changed by. */
export interface AccountControl {
  readonly accounts: AccountStore
  readonly passwords: Passwords
  close(): Promise<void>
}

export interface AccountControlOptions {
  readonly dataDir: string
  /** Milliseconds for which a name that was given up is held. */
  readonly holdNamesForMs: number
}

/**
 * Opens the users of a data folder. Where no server runs, the folder is taken, so that none starts meanwhile; where one
 * runs, they are changed beside it: it reads rights and passwords anew with each request
 * (docs/decisions/0008-rights-are-read-not-remembered.md), so the change counts at once.
 * @returns undefined when no server was ever started on that folder.
 * @throws Error that says what to do when the database is of another version.
 */
export async function openAccountControl(options: AccountControlOptions): Promise<AccountControl | undefined> {
  const path = findDatabase(options.dataDir)
  if (path === undefined) return undefined
  const resources = createResources()
  try {
    const isServed = !takeFolder(options.dataDir, resources)
    // Bringing the database to another version is nothing that somebody expects who changes a password.
    if (!isServed) requireMigrated(path)
    const ledger = resources.own(
      openAccountLedger({ path, now: Date.now, holdNamesForMs: options.holdNamesForMs }),
      (opened) => opened.close(),
    )
    return { accounts: ledger.accounts, passwords: createPasswords(), close: () => resources.close() }
  } catch (error) {
    await resources.close()
    throw error
  }
}

/**
 * Does what the first start of a server does on an empty data folder: creates the administrator.
 * @returns `none` when the folder has users already, which stay as they are.
 * @throws DataFolderInUseError while a server has the folder; Error when it cannot be written to.
 */
export async function createRegistry(
  options: AccountControlOptions & { readonly username: string; readonly password: Secret | undefined },
): Promise<FirstStart> {
  const { dataDir, holdNamesForMs, username, password } = options
  const resources = createResources()
  try {
    const folder = resources.own(openDataFolder(dataDir), (opened) => opened.close())
    const metadata = resources.own(
      openSqliteMetadataStore({ path: folder.databasePath, now: Date.now, holdNamesForMs }),
      (opened) => opened.close(),
    )
    return await completeFirstStart({ accounts: metadata.accounts, passwords: createPasswords(), username, password })
  } finally {
    await resources.close()
  }
}

/** @returns whether the folder is ours until the end; false while a server has it. */
function takeFolder(dataDir: string, resources: Resources): boolean {
  try {
    resources.own(openDataFolder(dataDir), (opened) => opened.close())
    return true
  } catch (error) {
    if (error instanceof DataFolderInUseError) return false
    throw error
  }
}

function requireMigrated(path: string): void {
  const { version, newest } = readMigrationStatus(path)
  if (version === newest) return
  throw new Error(
    `the database ${path} is of version ${version}, and this Kontor of version ${newest}; ` +
      (version < newest ? 'try: kontor migrate' : 'use the newer Kontor that wrote it'),
  )
}
