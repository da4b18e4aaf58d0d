import { constants } from 'node:os'
import { StorageFullError } from '../../storage-full.ts'
import { UnreadableBlobError } from '../blob-store.ts'

/** The `code` of an error of the file system, such as `ENOENT`; undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return undefined
  // libuv names only the errors that it knows, and a quota that is used up is not among them.
  if ('errno' in error && error.errno === -constants.errno.EDQUOT) return 'EDQUOT'
  return error.code
}

/** True when an operation failed because there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT'
}

/** Disk full, quota used up, file larger than the file system or `ulimit -f` allows. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** True when an operation failed for want of room. */
export function isNoRoom(error: unknown): boolean {
  return NO_ROOM.has(errorCode(error) ?? '')
}

/** What the store throws for an error of the file system: StorageFullError for want of room, otherwise the error itself. */
export function storageError(error: unknown): unknown {
  if (!isNoRoom(error)) return error
  return new StorageFullError('the disk that holds the blobs is full; free some space or raise its quota', {
    cause: error,
  })
}

/** A bad sector; a checksum or a structure of the file system that does not fit. */
const DISK_FAULTS = new Set(['EIO', 'EUCLEAN', 'EBADMSG'])

/** The result of reading from a blob. @throws UnreadableBlobError for a fault of the disk, otherwise the error itself. */
export async function unlessUnreadable<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (!(error instanceof Error) || !DISK_FAULTS.has(code)) throw error
    throw new UnreadableBlobError(error.message, { code, cause: error })
  }
}

/** The result of an operation, or undefined when there is no such file. */
export async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
