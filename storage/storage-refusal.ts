import { RegistryError } from '../oci/error-codes.ts'
import { errorCode } from './blobs/filesystem/file-errors.ts'
import { CommitInDoubtError } from './commit-in-doubt.ts'
import { StorageFullError } from './storage-full.ts'

/** Errors of the file system and of SQLite by what they come down to. SQLite's have endings: `SQLITE_IOERR_FSYNC`. */
const READ_ONLY = /^(?:EROFS|EACCES|EPERM|SQLITE_READONLY(?:_.*)?)$/
const FAILING = /^(?:EIO|ENXIO|ENODEV|ESTALE|SQLITE_(?:IOERR|CANTOPEN)(?:_.*)?)$/
/** SQLite says the same of a page that the disk does not give and of one that makes no sense. */
const DAMAGED = /^SQLITE_(?:CORRUPT(?:_.*)?|NOTADB)$/
const TOO_MANY_FILES = /^(?:EMFILE|ENFILE)$/
const LOCKED = /^SQLITE_(?:BUSY|LOCKED|PROTOCOL)(?:_.*)?$/
/** The last is how SQLite says that the index of its log could not grow. */
const FULL = /^(?:ENOSPC|EDQUOT|EFBIG|SQLITE_FULL|SQLITE_IOERR_SHMSIZE)$/

/**
 * What clients are told when the disk or the database does not do its work, on all doors alike; undefined for any other
 * error. That something is wrong with the disk is no secret, and who pushes can do nothing but wait or tell somebody.
 */
export function storageRefusal(error: unknown): RegistryError | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof StorageFullError) return new RegistryError('STORAGE_FULL', { cause: error })
  if (error instanceof CommitInDoubtError) {
    return unavailable(
      error,
      'the disk of the registry fails, and it is not certain that this is kept; do it again later, its administrator should check the disk',
      30,
    )
  }
  const code = errorCode(error) ?? ''
  if (FULL.test(code)) return new RegistryError('STORAGE_FULL', { cause: error })
  if (READ_ONLY.test(code)) {
    return unavailable(
      error,
      'the registry may not write to its disk, which is read-only or belongs to somebody else; its administrator must make it writable again',
      30,
    )
  }
  if (FAILING.test(code)) {
    return unavailable(
      error,
      'the disk of the registry fails, and this was not done; try again later, its administrator should check the disk',
      30,
    )
  }
  if (TOO_MANY_FILES.test(code)) {
    return unavailable(error, 'the registry has as many files open as it may; try again in a few seconds', 2)
  }
  if (LOCKED.test(code)) {
    return unavailable(error, 'another program holds the database of the registry; try again in a few seconds', 5)
  }
  if (DAMAGED.test(code)) {
    return unavailable(
      error,
      'the database of the registry cannot be read; its administrator should check the disk, and restore a backup if that does not help',
      30,
    )
  }
  return undefined
}

function unavailable(cause: Error, message: string, retryAfterSeconds: number): RegistryError {
  return new RegistryError('UNAVAILABLE', { message, headers: { 'Retry-After': String(retryAfterSeconds) }, cause })
}
