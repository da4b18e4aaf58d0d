import { createHash } from 'node:crypto'
import { type Digest, type DigestAlgorithm, formatDigest } from '../../oci/digest.ts'
import type { BlobStore, StagedUpload } from '../../storage/blobs/blob-store.ts'
import type { UploadHolds } from '../registry/upload-holds.ts'

/** Bytes in the blob store that nobody sees yet. */
export interface StagedBlob {
  readonly upload: StagedUpload
  readonly digest: Digest
  readonly sizeBytes: number
}

/** Everything that one import has put into the blob store so far. */
export interface Staging {
  /** Writes bytes, in one pass, and digests them. @throws what `bytes` throws, and StorageFullError. */
  stage(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, algorithm: DigestAlgorithm): Promise<StagedBlob>
  /** Says that an upload was committed: it is not ours any more. */
  forget(upload: StagedUpload): void
  /** Throws away all that was not committed. */
  discardAll(): Promise<void>
}

export function createStaging({
  blobs,
  uploadHolds,
}: {
  readonly blobs: Pick<BlobStore, 'startUpload' | 'findUpload'>
  readonly uploadHolds: UploadHolds
}): Staging {
  const uploads = new Set<StagedUpload>()

  async function start(): Promise<StagedUpload> {
    const key = await blobs.startUpload()
    uploadHolds.hold(key)
    const upload = await blobs.findUpload(key)
    if (upload === undefined) throw new Error('an upload vanished right after it was started')
    uploads.add(upload)
    return upload
  }

  function forget(upload: StagedUpload): void {
    uploads.delete(upload)
    uploadHolds.release(upload.key)
  }

  return {
    async stage(bytes, algorithm) {
      const upload = await start()
      const hash = createHash(algorithm)
      let sizeBytes = 0
      // The store hashes too, when it verifies; which digest to ask it for is known only from ours.
      async function* hashed() {
        for await (const chunk of bytes) {
          hash.update(chunk)
          sizeBytes += chunk.byteLength
          yield chunk
        }
      }
      const result = await upload.append(hashed(), { at: 0, onInterruption: 'rollback', algorithm })
      if (result.kind !== 'appended') throw new Error('somebody else wrote into an upload that was just started')
      return { upload, digest: formatDigest(algorithm, hash.digest('hex')), sizeBytes }
    },
    forget,
    async discardAll() {
      const results = await Promise.allSettled(
        [...uploads].map(async (upload) => {
          // Released even if that fails: then the sweep tries again.
          forget(upload)
          await upload.discard()
        }),
      )
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
  }
}
