import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import type { BenchServer } from '../servers/bench-server.ts'

/** A running server writes now and then; it must not wait long. */
const ROWS_AT_ONCE = 5_000

/**
 * Writes many rows into Kontor's database, past its API, which would take an hour.
 * @param prepare is given the database and says how one row (of whatever tables) is written.
 * @param atOnce how many are written in one transaction.
 */
export function writePastTheServer(
  { dataDir }: Pick<BenchServer, 'dataDir'>,
  count: number,
  prepare: (db: Database) => (index: number) => void,
  atOnce = ROWS_AT_ONCE,
): void {
  const db = new SqliteDatabase(join(dataDir, 'kontor.db'))
  try {
    db.pragma('synchronous = OFF')
    const write = prepare(db)
    const writeSome = db.transaction((from: number, to: number) => {
      for (let index = from; index < to; index++) write(index)
    })
    for (let from = 0; from < count; from += atOnce) writeSome(from, Math.min(count, from + atOnce))
    // What is still to be written to the disk would be paid for by whoever is measured next.
    db.pragma('synchronous = FULL')
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}

/** The identity of a repository or account. @throws Error when there is none of that name. */
export function findIdentity(db: Database, table: 'repository' | 'account', name: string): number {
  const id = db.prepare<[string], number>(`SELECT id FROM ${table} WHERE name = ?`).pluck().get(name)
  if (id === undefined) throw new Error(`there is no ${table} ${name}`)
  return id
}
