import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type Digest, digestAlgorithm, digestHex } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { BlobStore, OpenBlob } from '../../storage/blobs/blob-store.ts'
import type { BlobLinkStore, LinkedBlob } from '../../storage/metadata/blob-links.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import { createRecollection } from '../../storage/metadata/recollection.ts'
import { readWhole } from './read-whole.ts'

/** The repository that is asked, as far as its content is in question. */
type Holder = { readonly id: RepositoryId } | undefined

/** Reading blobs through the link that gives the right to them (I4). */
export interface PullBlob {
  /**
   * What there is, without opening it; a file that vanished may be missed for a second.
   * @throws RegistryError BLOB_UNKNOWN when the repository does not have it, or has it damaged.
   */
  stat(repository: Holder, digest: Digest): Promise<LinkedBlob>
  /**
   * Opens it; the caller closes it.
   * @throws RegistryError BLOB_UNKNOWN when the repository does not have it, or has it damaged.
   */
  open(repository: Holder, digest: Digest): Promise<PulledBlob>
}

/** A blob to read from. */
export interface PulledBlob extends Pick<OpenBlob, 'size' | 'read' | 'close'> {
  /** All of it, where it is in memory; never to be changed. */
  readonly bytes?: Uint8Array
}

/** Small blobs that are kept in memory: configs of images, which everybody asks for, and what artifacts are made of. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024
const MAX_SMALL_BYTES = 32 * 1024

/** A push asks for its blobs again and again, and looking at a file takes longer than all the rest of the answer. */
const PRESENT_FOR_MS = 1000
const MAX_PRESENT = 10_000

/** Links that are kept, of some 300 bytes each. */
const MAX_KEPT_LINKS = 10_000

export function createPullBlob(deps: {
  readonly blobs: Pick<BlobStore, 'stat' | 'open'>
  readonly blobLinks: Pick<BlobLinkStore, 'find'>
  /** Of the metadata store. */
  readonly readChangeMark: () => number
  /** Told of a blob whose file is not what it was when it was verified. */
  readonly onDamaged: (digest: Digest, expectedSize: number, actualSize: number | undefined) => void
}): PullBlob {
  const { blobs, blobLinks, readChangeMark, onDamaged } = deps
  const links = createRecollection<LinkedBlob>({ readChangeMark, maxWeight: MAX_KEPT_LINKS, weigh: () => 1 })
  // Nothing is to be forgotten here: bytes that have a digest always have it, and whether there is such a blob, and for
  // whom, is asked before. Only verified ones, so that what is damaged on the disk does not outlive being healed.
  const small = new LRUCache<Digest, Buffer>({ maxSize: MAX_KEPT_BYTES, sizeCalculation: sizeInMemory })

  const present = new LRUCache<Digest, true>({ max: MAX_PRESENT, ttl: PRESENT_FOR_MS })

  async function findLinked(repository: Holder, digest: Digest): Promise<LinkedBlob> {
    if (repository === undefined) throw blobUnknown(digest)
    return links.recall(`${repository.id} ${digest}`, async () => {
      const linked = await blobLinks.find(repository.id, digest)
      if (linked === undefined) throw blobUnknown(digest)
      return linked
    })
  }

  /** A damaged blob is never served as whole (I12); said to be unknown, a client that has it pushes it and so heals it. */
  function refuseDamaged(linked: LinkedBlob, actualSize: number | undefined): RegistryError {
    present.delete(linked.digest)
    onDamaged(linked.digest, linked.size, actualSize)
    return blobUnknown(linked.digest)
  }

  return {
    async stat(repository, digest) {
      const linked = await findLinked(repository, digest)
      if (present.has(digest)) return linked
      const stored = await blobs.stat(digest)
      if (stored?.size !== linked.size) throw refuseDamaged(linked, stored?.size)
      present.set(digest, true)
      return linked
    },
    async open(repository, digest) {
      const linked = await findLinked(repository, digest)
      const known = small.get(digest)
      if (known !== undefined) return blobInMemory(known)
      const blob = await blobs.open(digest)
      if (blob?.size !== linked.size) {
        await blob?.close()
        throw refuseDamaged(linked, blob?.size)
      }
      if (blob.size > MAX_SMALL_BYTES) return blob
      const bytes = await takeWhole(blob)
      if (!hasDigest(bytes, digest)) throw refuseDamaged(linked, blob.size)
      small.set(digest, bytes)
      return blobInMemory(bytes)
    },
  }
}

/** Reads a small blob to its end, and closes it. */
async function takeWhole(blob: OpenBlob): Promise<Buffer> {
  try {
    return await readWhole(blob)
  } finally {
    await blob.close()
  }
}

function hasDigest(bytes: Uint8Array, digest: Digest): boolean {
  return createHash(digestAlgorithm(digest)).update(bytes).digest('hex') === digestHex(digest)
}

/** With about what an entry takes besides the bytes. */
function sizeInMemory(bytes: Buffer): number {
  return bytes.byteLength + 512
}

function blobInMemory(bytes: Buffer): PulledBlob {
  return {
    size: bytes.byteLength,
    bytes,
    async *read({ first, last }) {
      yield bytes.subarray(first, last + 1)
    },
    async close() {},
  }
}

/** The answer to a digest the repository does not have. */
export function blobUnknown(digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', { detail: { digest } })
}
