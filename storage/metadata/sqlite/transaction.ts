import SqliteDatabase, { type Database } from 'better-sqlite3'
import { StorageFullError } from '../../storage-full.ts'

/**
 * Wraps a unit of work in `BEGIN IMMEDIATE … COMMIT`. It runs to its end without yielding to the event loop, so no
 * other request sees or enters it half-way.
 * @throws StorageFullError when the disk has no room; nothing of the work remains.
 */
export function transactional<A extends unknown[], R>(db: Database, work: (...args: A) => R): (...args: A) => R {
  const run = db.transaction(work)
  return (...args) => {
    try {
      return run.immediate(...args)
    } catch (error) {
      if (!(error instanceof SqliteDatabase.SqliteError)) throw error
      if (error.code === 'SQLITE_FULL') {
        throw new StorageFullError('the disk that holds the database is full', { cause: error })
      }
      if (error.code.startsWith('SQLITE_IOERR')) distrustLog(db)
      throw error
    }
  }
}

/**
 * A sync that failed is forgotten by the kernel: the next one succeeds, though what was written before may never have
 * reached the disk. In the log that may be commits of the relaxed connection, without which nothing behind them can be
 * read after a power cut. From now on every commit is therefore copied into the database, and synced there, before it
 * is acknowledged, and the log begins anew. That takes two syncs more; a restart after the disk is mended ends it.
 */
function distrustLog(db: Database): void {
  db.pragma('wal_autocheckpoint = 1')
}
