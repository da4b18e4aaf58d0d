import type { UploadKey } from '../../storage/blobs/blob-store.ts'

/**
 * Uploads that somebody works with though they have no session and nothing is added to them any more, such as the first
 * layers of an archive whose last one is still coming. The sweep leaves them alone; a crash forgets them, so that it
 * finds them later.
 */
export interface UploadHolds {
  hold(key: UploadKey): void
  release(key: UploadKey): void
  has(key: UploadKey): boolean
}

/** Holds within one process. */
export function createUploadHolds(): UploadHolds {
  const held = new Set<UploadKey>()
  return {
    hold: (key) => void held.add(key),
    release: (key) => void held.delete(key),
    has: (key) => held.has(key),
  }
}
