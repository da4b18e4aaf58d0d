import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Database } from 'better-sqlite3'
import { CommitInDoubtError } from '../../commit-in-doubt.ts'
import { SharedSync } from '../../shared-sync.ts'

const syncFile = promisify(fdatasync)

/** The log to which a database commits before it copies anything into its file (SQLite's WAL). */
export interface WriteAheadLog {
  /** False once the disk may have lost some of it without saying which: then commits have to wait for the disk. */
  readonly isTrusted: boolean
  /**
   * Resolves once all that was committed before the call survives a power cut. The event loop goes on meanwhile, as
   * long as the log is trusted, and those who wait at the same time share the work.
   * @throws CommitInDoubtError when it fails. What was committed can be seen all the same, and may be lost.
   */
  settle(): Promise<void>
  /** Waits for what is under way. To be called before the database is closed; nothing may be committed any more. */
  close(): Promise<void>
}

/**
 * Opens the log of a database that has been read from, so that there is one. Several processes may have the database
 * open: SQLite's locks are on the database and on the index of the log, never on the log, so that closing a second
 * descriptor of it gives up none of them.
 */
export function openWriteAheadLog(db: Database): WriteAheadLog {
  const file = openSync(`${db.name}-wal`, 'r+')
  let isTrusted = true
  let isClosed = false
  const sync = new SharedSync(async () => {
    isTrusted = isLogTrusted(db)
    if (!isTrusted) {
      emptyLog(db)
      fdatasyncSync(file)
      return
    }
    try {
      await syncFile(file)
    } catch (error) {
      isTrusted = false
      distrustLog(db)
      throw error
    }
  })
  return {
    get isTrusted() {
      return isTrusted
    },
    async settle() {
      try {
        await sync.run()
      } catch (cause) {
        throw new CommitInDoubtError('the log of the database could not be synced', { cause })
      }
    },
    async close() {
      // Whoever closes twice must not close what has got the same number since.
      if (isClosed) return
      isClosed = true
      await sync.idle()
      closeSync(file)
    },
  }
}

/**
 * A sync that failed is forgotten by the kernel: the next one succeeds, though what was written before may never have
 * reached the disk. In the log that may be commits of others, without which nothing behind them can be read after a
 * power cut. From now on every commit is therefore copied into the database, and synced there, before it is
 * acknowledged, and the log begins anew. That takes some syncs more; a restart after the disk is mended ends it.
 */
export function distrustLog(db: Database): void {
  db.pragma('wal_autocheckpoint = 1')
}

function isLogTrusted(db: Database): boolean {
  return db.pragma('wal_autocheckpoint', { simple: true }) !== 1
}

/** @throws SqliteError; and Error with the code SQLITE_BUSY when somebody reads from the log all the time. */
function emptyLog(db: Database): void {
  const isBusy = db.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) !== 0
  if (isBusy) throw Object.assign(new Error('the log of the database is being read'), { code: 'SQLITE_BUSY' })
}
