import type { Database } from 'better-sqlite3'
import type { Migration } from '../../../migrations/migration.ts'
import { MIGRATIONS } from '../../../migrations/migrations.ts'

/**
 * For whoever opens a database that another process is using, which is nobody's to migrate.
 * @throws Error when it is not of the newest version this program knows.
 */
export function requireNewest(db: Database): void {
  const newest = MIGRATIONS.at(-1)?.version ?? 0
  const current = db.prepare<[], number | null>('SELECT max(version) FROM migration').pluck().get() ?? 0
  if (current === newest) return
  throw new Error(
    `the database ${db.name} is of version ${current}, but this Kontor is of version ${newest}: ` +
      'the server that runs is another one. Use the program that the server was started with, or restart the server.',
  )
}

/**
 * Brings a database to the newest version this program knows, one transaction a step.
 * @throws Error when the database was written by a newer Kontor: going on could damage what it does not understand.
 */
export function migrate(db: Database, migrations: readonly Migration[] = MIGRATIONS): void {
  db.exec(`CREATE TABLE IF NOT EXISTS migration (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`)
  const current = db
    .prepare<[], { version: number }>('SELECT coalesce(max(version), 0) AS version FROM migration')
    .get()
  const from = current?.version ?? 0
  const newest = migrations.at(-1)?.version ?? 0
  if (from > newest) {
    throw new Error(
      `the database ${db.name} is of version ${from}, but this Kontor knows versions up to ${newest}: ` +
        'it was written by a newer Kontor. Start that one, or restore a backup made before the upgrade.',
    )
  }
  const record = db.prepare('INSERT INTO migration (version, name, applied_at) VALUES (?, ?, ?)')
  for (const migration of migrations) {
    if (migration.version <= from) continue
    db.transaction(() => {
      db.exec(migration.sqlite)
      record.run(migration.version, migration.name, Date.now())
    }).immediate()
  }
}
