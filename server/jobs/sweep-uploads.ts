import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import type { UploadSessionStore } from '../../storage/metadata/upload-sessions.ts'
import type { UploadHolds } from '../registry/upload-holds.ts'

/** Sessions looked at in one query. */
const BATCH = 500

/**
 * Gives up uploads on which nothing has arrived for a while: clients that were killed never cancel, and their bytes
 * would stay for ever. Bytes without a session (a crash in between) and sessions without bytes go as well.
 * @returns how many uploads were given up.
 */
export async function sweepUploads(deps: {
  readonly blobs: Pick<BlobStore, 'findUpload' | 'listUploads'>
  readonly uploadSessions: UploadSessionStore
  readonly uploadHolds: Pick<UploadHolds, 'has'>
  readonly expireAfterMs: number
  readonly now: () => number
}): Promise<number> {
  const { blobs, uploadSessions, uploadHolds, expireAfterMs, now } = deps
  const deadline = now() - expireAfterMs
  let swept = 0
  for await (const { key, lastActivityAt } of blobs.listUploads()) {
    if (lastActivityAt >= deadline || uploadHolds.has(key)) continue
    // The bytes first: on a full disk, forgetting the session takes the room that they free.
    await (await blobs.findUpload(key))?.discard()
    await uploadSessions.deleteByStoreKey(key)
    swept += 1
  }
  let after: string | undefined
  do {
    const page = await uploadSessions.listOlder(deadline, { after, limit: BATCH })
    for (const { id, storeKey } of page.items) {
      if ((await blobs.findUpload(storeKey)) === undefined) await uploadSessions.delete(id)
    }
    after = page.next
  } while (after !== undefined)
  return swept
}
