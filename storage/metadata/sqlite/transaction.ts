import SqliteDatabase, { type Database } from 'better-sqlite3'
import { StorageFullError } from '../../storage-full.ts'
import type { PushContext } from './store-context.ts'
import { distrustLog } from './write-ahead-log.ts'

/**
 * Wraps a unit of work in `BEGIN IMMEDIATE … COMMIT`. It runs to its end without yielding to the event loop, so no
 * other request sees or enters it half-way. Once it returns the work survives a power cut, and before that nobody has
 * seen any of it; everybody waits meanwhile.
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
 * The same for what is done so often that nobody can wait for each: others see the work as soon as it is committed, but
 * whoever asked for it is answered only once it survives a power cut. Not for what takes something away from somebody.
 * @throws StorageFullError as {@link transactional}; CommitInDoubtError when the log cannot be synced.
 */
export function sharedTransactional<A extends unknown[], R>(
  context: Pick<PushContext, 'db' | 'log'>,
  work: (...args: A) => R,
): (...args: A) => Promise<R> {
  const { log } = context
  const commit = relaxedTransactional(context, work)
  return async (...args) => {
    const result = commit(...args)
    await log.settle()
    return result
  }
}

/**
 * The same for what a client can simply begin again: it survives a crash of the process, and a power cut only if
 * something else that was committed later does.
 * @throws StorageFullError as {@link transactional}.
 */
export function relaxedTransactional<A extends unknown[], R>(
  { db, log }: Pick<PushContext, 'db' | 'log'>,
  work: (...args: A) => R,
): (...args: A) => R {
  const commit = transactional(db, work)
  return (...args) => {
    if (!log.isTrusted) return commit(...args)
    db.exec('PRAGMA synchronous = NORMAL')
    try {
      return commit(...args)
    } finally {
      db.exec('PRAGMA synchronous = FULL')
    }
  }
}
