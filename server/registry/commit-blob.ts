import type { Digest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { StagedUpload } from '../../storage/blobs/blob-store.ts'
import type { BlobLinkStore } from '../../storage/metadata/blob-links.ts'
import { type Caller, originOf } from '../access/caller.ts'

/**
 * Makes the bytes of an upload visible under their digest and links them to a repository, or throws them away.
 * @throws RegistryError DIGEST_INVALID
 */
export type CommitBlob = (
  repository: RepositoryName,
  staged: StagedUpload,
  digest: Digest,
  caller: Caller,
) => Promise<void>

export function createCommitBlob({
  blobLinks,
}: {
  readonly blobLinks: Pick<BlobLinkStore, 'linkUploaded'>
}): CommitBlob {
  return async (repository, staged, digest, caller) => {
    try {
      const result = await staged.commit(digest)
      if (result.kind === 'digest-mismatch') throw digestMismatch(digest, result.actual)
      await blobLinks.linkUploaded(repository, { digest, size: result.size }, originOf(caller))
    } catch (error) {
      await staged.discard()
      throw error
    }
  }
}

function digestMismatch(expected: Digest, actual: Digest): RegistryError {
  return new RegistryError('DIGEST_INVALID', {
    message: `the blob was announced as ${expected}, but the bytes received are ${actual}; upload it again`,
    detail: { expected, actual },
  })
}
