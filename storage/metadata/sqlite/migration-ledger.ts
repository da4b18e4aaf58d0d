import SqliteDatabase from 'better-sqlite3'
import { MIGRATIONS } from '../../../migrations/migrations.ts'
import { openMainConnection } from './connections.ts'

/** A step of a database's history, as far as this program knows it or the database remembers it. */
export interface MigrationStep {
  readonly version: number
  readonly name: string
  /** Milliseconds since the epoch; undefined for a step that is still to be made. */
  readonly appliedAt: number | undefined
}

/** How old a database is, in steps. */
export interface MigrationStatus {
  /** Of the database. */
  readonly version: number
  /** That this program brings a database to. */
  readonly newest: number
  /** Every step that is made or still to be made, in order. */
  readonly steps: readonly MigrationStep[]
}

/**
 * Looks how old a database is, and changes nothing; a server may be using it.
 * @throws Error when it cannot be read.
 */
export function readMigrationStatus(path: string): MigrationStatus {
  let db: SqliteDatabase.Database | undefined
  try {
    db = new SqliteDatabase(path, { readonly: true, fileMustExist: true })
    // Of a first start that was cut off before it made anything.
    const isEmpty = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migration'").get() === undefined
    const applied = isEmpty
      ? []
      : db
          .prepare<[], MigrationStep>('SELECT version, name, applied_at AS appliedAt FROM migration ORDER BY version')
          .all()
    const version = applied.at(-1)?.version ?? 0
    const pending = MIGRATIONS.filter((migration) => migration.version > version)
    return {
      version,
      newest: MIGRATIONS.at(-1)?.version ?? 0,
      steps: [...applied, ...pending.map(({ version: at, name }) => ({ version: at, name, appliedAt: undefined }))],
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `the database ${path} cannot be read (${reason}); see that this user may, or restore it from a backup`,
      { cause },
    )
  } finally {
    db?.close()
  }
}

/**
 * Brings a database that nobody is using to the newest version this program knows.
 * @throws Error when it is of a newer version or cannot be opened.
 */
export function migrateDatabase(path: string): void {
  openMainConnection(path).close()
}
