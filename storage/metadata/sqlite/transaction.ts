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
      if (error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_FULL') {
        throw new StorageFullError('the disk that holds the database is full', { cause: error })
      }
      throw error
    }
  }
}
