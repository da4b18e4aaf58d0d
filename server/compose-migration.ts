import { findDatabase, openDataFolder } from '../storage/data-folder.ts'
import {
  type MigrationStatus,
  migrateDatabase,
  readMigrationStatus,
} from '../storage/metadata/sqlite/migration-ledger.ts'

export type { MigrationStatus, MigrationStep } from '../storage/metadata/sqlite/migration-ledger.ts'

/** The history of the database in a data folder, and its next steps. */
export interface MigrationControl {
  /** Changes nothing, and works beside a server. @throws Error when the database cannot be read. */
  readStatus(): MigrationStatus
  /**
   * Makes all steps that are still to be made.
   * @throws DataFolderInUseError while a server has the folder; Error when the database is of a newer version.
   */
  migrate(): void
}

/** Undefined when no server was ever started on that folder. */
export function openMigrationControl(dataDir: string): MigrationControl | undefined {
  const path = findDatabase(dataDir)
  if (path === undefined) return undefined
  return {
    readStatus: () => readMigrationStatus(path),
    migrate() {
      const folder = openDataFolder(dataDir)
      try {
        migrateDatabase(folder.databasePath)
      } finally {
        folder.close()
      }
    },
  }
}
