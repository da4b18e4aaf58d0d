import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

const DATABASE = 'kontor.db'

/** The folder that holds everything, held by one server at a time. */
export interface DataFolder {
  /** File of the database. */
  readonly databasePath: string
  /** Folder of the blob store. */
  readonly blobsPath: string
  close(): void
}

/** Somebody else has the data folder: a server that runs, or a command that works in it. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError'
}

/** The database of a data folder, whoever has it; undefined when no server was ever started on that folder. */
export function findDatabase(path: string): string | undefined {
  const database = join(resolve(path), DATABASE)
  return existsSync(database) ? database : undefined
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
 * @throws DataFolderInUseError when another process holds it.
 * @throws Error when it cannot be written to.
 */
export function openDataFolder(path: string): DataFolder {
  const root = resolve(path)
  const pidPath = join(root, 'server.pid')
  createWritable(root)
  const lock = takeLock(join(root, 'server.lock'), root, pidPath)
  notePid(pidPath)
  return {
    databasePath: join(root, DATABASE),
    blobsPath: join(root, 'blobs'),
    close() {
      rmSync(pidPath, { force: true })
      lock.close()
    },
  }
}

function createWritable(root: string): void {
  try {
    const topmostNew = mkdirSync(root, { recursive: true, mode: 0o700 })
    syncNames(root, topmostNew)
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
 * Makes the name of a folder durable, and those of its parents that were made with it. Without that a power cut could
 * take the whole folder away, however carefully what is in it was synced. Done at every start: whoever made the folder
 * may have been cut off before they came to this.
 */
function syncNames(folder: string, topmostNew: string | undefined): void {
  const parent = dirname(folder)
  try {
    const handle = openSync(parent, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    // Somebody else's, who lets this user in but not look around: making the folder durable was up to them.
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
  }
  const isNewToo = topmostNew !== undefined && folder !== topmostNew && parent !== folder
  if (isNewToo) syncNames(parent, topmostNew)
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
    if (isFull(cause)) {
      throw new Error(`the disk of the data folder ${root} is full; free some space for the first start`, { cause })
    }
    if (!(cause instanceof SqliteDatabase.SqliteError) || !cause.code.startsWith('SQLITE_BUSY')) {
      throw new Error(`${lockPath} cannot be locked (${String(cause)}); remove it, it holds nothing`, { cause })
    }
    throw new DataFolderInUseError(
      `another Kontor${ownerOf(pidPath)} is using the data folder ${root}; stop it, or set another folder (KONTOR_DATA_DIR)`,
      { cause },
    )
  }
}

function isFull(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_FULL'
}

/** For a message only: a full disk, which may lack even this little room, is no reason not to serve what is on it. */
function notePid(pidPath: string): void {
  try {
    writeFileSync(pidPath, `${process.pid}\n`)
  } catch {
    rmSync(pidPath, { force: true })
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
