import { StorageFullError } from '../../storage-full.ts'

/** The `code` of an error of the file system, such as `ENOENT`; undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
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

/** The result of an operation, or undefined when there is no such file. */
export async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
