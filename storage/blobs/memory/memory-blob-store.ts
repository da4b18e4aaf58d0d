import { createHash, randomUUID } from 'node:crypto'
import { type Digest, digestAlgorithm, formatDigest } from '../../../oci/digest.ts'
import { RegistryError } from '../../../oci/error-codes.ts'
import type { BlobStore, BorrowedBytes, OpenBlob, OwnedBytes, StagedUpload, UploadKey } from '../blob-store.ts'

/** Bytes that arrived, and when the last of them did (milliseconds since the epoch). */
interface Staged {
  readonly bytes: Buffer
  readonly lastActivityAt: number
}

/**
 * Blobs that are gone with the process, for tests of what is built upon a blob store. It keeps the contract as far as
 * memory can: what it stores is not bounded, durable only as long as the process lives, and what is quarantined is gone.
 */
export function createMemoryBlobStore(): BlobStore {
  const blobs = new Map<Digest, Buffer>()
  const uploads = new Map<UploadKey, Staged>()

  function stage(key: UploadKey, bytes: Buffer): void {
    uploads.set(key, { bytes, lastActivityAt: Date.now() })
  }

  function staged(key: UploadKey): Buffer {
    const upload = uploads.get(key)
    if (upload === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN')
    return upload.bytes
  }

  function stagedUpload(key: UploadKey): StagedUpload {
    return {
      key,
      offset: async () => staged(key).byteLength,
      async append(source, { at, onInterruption }) {
        const before = staged(key)
        if (before.byteLength !== at) return { kind: 'wrong-offset', offset: before.byteLength }
        const { chunks, interruption } = await collect(source)
        const isKept = interruption === undefined || onInterruption === 'keep'
        const after = isKept ? Buffer.concat([before, ...chunks]) : before
        stage(key, after)
        if (interruption !== undefined) throw interruption.error
        return { kind: 'appended', offset: after.byteLength }
      },
      async commit(expected) {
        const bytes = staged(key)
        const algorithm = digestAlgorithm(expected)
        const actual = formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'))
        if (actual !== expected) return { kind: 'digest-mismatch', actual }
        blobs.set(expected, bytes)
        uploads.delete(key)
        return { kind: 'committed', size: bytes.byteLength }
      },
      async discard() {
        uploads.delete(key)
      },
    }
  }

  return {
    async stat(digest) {
      const size = blobs.get(digest)?.byteLength
      return size === undefined ? undefined : { digest, size }
    },
    async open(digest) {
      const bytes = blobs.get(digest)
      if (bytes === undefined) return undefined
      return openBlob(bytes, async () => blobs.get(digest) === bytes && blobs.delete(digest))
    },
    async startUpload() {
      const key = randomUUID() as UploadKey
      stage(key, Buffer.alloc(0))
      return key
    },
    findUpload: async (key) => (uploads.has(key) ? stagedUpload(key) : undefined),
    delete: async (digest) => blobs.delete(digest),
    async *list(after) {
      for (const digest of [...blobs.keys()].sort()) {
        const size = blobs.get(digest)?.byteLength
        if (size !== undefined && (after === undefined || digest > after)) yield { digest, size }
      }
    },
    async *listUploads() {
      for (const [key, { lastActivityAt }] of uploads) yield { key, lastActivityAt }
    },
  }
}

/** All chunks of a source, and what it threw at last, if it did. */
async function collect(
  source: AsyncIterable<OwnedBytes>,
): Promise<{ readonly chunks: readonly OwnedBytes[]; readonly interruption?: { readonly error: unknown } }> {
  const chunks: OwnedBytes[] = []
  try {
    for await (const chunk of source) chunks.push(chunk)
  } catch (error) {
    return { chunks, interruption: { error } }
  }
  return { chunks }
}

/** As large as those of a store on disk, so that code which can handle only one chunk is found out. */
const CHUNK_BYTES = 1024 * 1024

function openBlob(bytes: Buffer, quarantine: () => Promise<boolean>): OpenBlob {
  const size = bytes.byteLength
  let isClosed = false
  return {
    size,
    read({ first, last }) {
      if (first < 0 || first > last + 1 || last >= size) {
        throw new Error(`bytes ${first} to ${last} are not a range of a blob of ${size} bytes`)
      }
      return chunksOf(bytes.subarray(first, last + 1), () => isClosed)
    },
    quarantine,
    async close() {
      isClosed = true
    },
  }
}

/** Every chunk in the same memory, which is wiped at the end: code that keeps a borrowed chunk is found out, too. */
async function* chunksOf(bytes: Buffer, isClosed: () => boolean): AsyncGenerator<BorrowedBytes, void, undefined> {
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, bytes.byteLength))
  try {
    for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES) {
      if (isClosed()) throw new Error('the blob was closed before it was read to its end')
      yield buffer.subarray(0, bytes.copy(buffer, 0, start))
    }
  } finally {
    buffer.fill(0)
  }
}
