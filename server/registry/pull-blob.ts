import type { Digest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { BlobStore, OpenBlob } from '../../storage/blobs/blob-store.ts'
import type { BlobLinkStore, LinkedBlob } from '../../storage/metadata/blob-links.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import { createRecollection } from '../../storage/metadata/recollection.ts'

/** The repository that is asked, as far as its content is in question. */
type Holder = { readonly id: RepositoryId } | undefined

/** Reading blobs through the link that gives the right to them (I4). */
export interface PullBlob {
  /** @throws RegistryError BLOB_UNKNOWN when the repository does not have it, or has it damaged. */
  stat(repository: Holder, digest: Digest): Promise<LinkedBlob>
  /**
   * Opens it; the caller closes it.
   * @throws RegistryError BLOB_UNKNOWN when the repository does not have it, or has it damaged.
   */
  open(repository: Holder, digest: Digest): Promise<OpenBlob>
}

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
    onDamaged(linked.digest, linked.size, actualSize)
    return blobUnknown(linked.digest)
  }

  return {
    async stat(repository, digest) {
      const linked = await findLinked(repository, digest)
      const stored = await blobs.stat(digest)
      if (stored?.size !== linked.size) throw refuseDamaged(linked, stored?.size)
      return linked
    },
    async open(repository, digest) {
      const linked = await findLinked(repository, digest)
      const blob = await blobs.open(digest)
      if (blob?.size === linked.size) return blob
      await blob?.close()
      throw refuseDamaged(linked, blob?.size)
    },
  }
}

/** The answer to a digest the repository does not have. */
export function blobUnknown(digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', { detail: { digest } })
}
