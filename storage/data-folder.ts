import { closeSync, mkdirSync, openSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

/** The folder that holds everything, held by one server at a time. */
export interface DataFolder {
  /** File of the database. */
  readonly databasePath: string
  /** Folder of the blob store. */
  readonly blobsPath: string
  close(): void
}

/**
 * Takes a data folder for this process, creating it where it is missing.
 *
 *     <data>/
 *       kontor.db       accounts, repositories, manifests, tags …
 *       blobs/          see storage/blobs/filesystem/paths.ts
 *       server.lock     held while a server runs; the operating system lets go of it when the server dies
 *       server.pid      which process that is, for the message to the second one
 *
 * @throws Error when it cannot be written to, or another server holds it.
 */
export function openDataFolder(path: string): DataFolder {
  const root = resolve(path)
  const pidPath = join(root, 'server.pid')
  createWritable(root)
  const lock = takeLock(join(root, 'server.lock'), root, pidPath)
  writeFileSync(pidPath, `${process.pid}\n`)
  return {
    databasePath: join(root, 'kontor.db'),
    blobsPath: join(root, 'blobs'),
    close() {
      rmSync(pidPath, { force: true })
      lock.close()
    },
  }
}

function createWritable(root: string): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    const probe = join(root, '.write-probe')
    closeSync(openSync(probe, 'w'))
    unlinkSync(probe)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `the data folder ${root} cannot be written to (${reason}); give this user the right to, or set another (KONTOR_DATA_DIR)`,
      { cause },
    )
  }
}

/**
 * Node has no file locks, SQLite does: an exclusive transaction on a file of its own lasts exactly as long as the
 * process, however that ends, so no stale lock is ever left to be removed by hand.
 */
function takeLock(lockPath: string, root: string, pidPath: string): SqliteDatabase.Database {
  let lock: SqliteDatabase.Database | undefined
  try {
    lock = new SqliteDatabase(lockPath, { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock?.close()
    if (!(cause instanceof SqliteDatabase.SqliteError) || !cause.code.startsWith('SQLITE_BUSY')) {
      throw new Error(`${lockPath} cannot be locked (${String(cause)}); remove it, it holds nothing`, { cause })
    }
    throw new Error(
      `another Kontor${ownerOf(pidPath)} is using the data folder ${root}; stop it, or set another folder (KONTOR_DATA_DIR)`,
      { cause },
    )
  }
}

function ownerOf(pidPath: string): string {
  try {
    const pid = readFileSync(pidPath, 'utf8').trim()
    return /^\d+$/.test(pid) ? ` (process ${pid})` : ''
  } catch {
    return ''
  }
}
