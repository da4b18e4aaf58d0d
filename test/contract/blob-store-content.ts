import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { type Digest, type DigestAlgorithm, formatDigest } from '../../oci/digest.ts'
import type { AppendOptions, BlobStore, OpenBlob, StagedUpload } from '../../storage/blobs/blob-store.ts'

/** Bytes that are the same for the same seed, and nowhere repeat within a chunk of any size that a store uses. */
export function bytesOf(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed * 2654435761
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'))
}

/** Compares by size and digest: comparing millions of numbers one by one takes the test runner seconds. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  const facts = (bytes: Uint8Array) => ({ size: bytes.byteLength, digest: digestOf(bytes) })
  expect(actual && facts(actual)).toEqual(facts(expected))
}

/** A body that arrives in chunks of a size. */
export async function* inChunks(
  bytes: Uint8Array,
  chunkBytes = 64 * 1024,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes)
}

/** A body whose client goes away after some bytes. */
export async function* cutOff(
  bytes: Uint8Array,
  error: Error,
  chunkBytes?: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* inChunks(bytes, chunkBytes)
  throw error
}

/** The same as `findUpload`, for an upload that must be there. */
export async function findUpload(store: BlobStore, key: StagedUpload['key']): Promise<StagedUpload> {
  const upload = await store.findUpload(key)
  if (upload === undefined) throw new Error(`the upload ${key} is gone`)
  return upload
}

export async function startUpload(store: BlobStore): Promise<StagedUpload> {
  return findUpload(store, await store.startUpload())
}

/** An upload with all its bytes, one commit away from being a blob. */
export async function stage(
  store: BlobStore,
  bytes: Uint8Array,
  options: Partial<AppendOptions> & { readonly chunkBytes?: number } = {},
): Promise<StagedUpload> {
  const { chunkBytes, ...append } = options
  const upload = await startUpload(store)
  await upload.append(inChunks(bytes, chunkBytes), { at: 0, onInterruption: 'rollback', ...append })
  return upload
}

/** Stores a blob, and gives its digest. */
export async function push(store: BlobStore, bytes: Uint8Array, algorithm?: DigestAlgorithm): Promise<Digest> {
  const digest = digestOf(bytes, algorithm)
  const upload = await stage(store, bytes)
  const result = await upload.commit(digest)
  if (result.kind !== 'committed') throw new Error(`the store took ${digest} for ${result.actual}`)
  return digest
}

/** Opens a blob that must be there. */
export async function openBlob(store: BlobStore, digest: Digest): Promise<OpenBlob> {
  const blob = await store.open(digest)
  if (blob === undefined) throw new Error(`the blob ${digest} is not there`)
  return blob
}

/** The bytes of a range, or of the whole blob. */
export async function readBlob(
  blob: Pick<OpenBlob, 'size' | 'read'>,
  range = { first: 0, last: blob.size - 1 },
): Promise<Buffer> {
  const copies: Buffer[] = []
  for await (const chunk of blob.read(range)) copies.push(Buffer.from(chunk))
  return Buffer.concat(copies)
}

/** All bytes of a blob; undefined when it is not there. */
export async function pull(store: BlobStore, digest: Digest): Promise<Buffer | undefined> {
  const blob = await store.open(digest)
  if (blob === undefined) return undefined
  try {
    return await readBlob(blob)
  } finally {
    await blob.close()
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
