import type { Digest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { Reference } from '../../oci/reference.ts'
import type { BlobLinkStore } from '../../storage/metadata/blob-links.ts'
import type { ManifestStore } from '../../storage/metadata/manifests.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'
import type { TagStore } from '../../storage/metadata/tags.ts'
import { type Caller, originOf } from '../access/caller.ts'
import { blobUnknown } from './pull-blob.ts'
import { manifestUnknown } from './pull-manifest.ts'

/** Taking content out of a repository; its effect is immediate. */
export interface DeleteContent {
  /**
   * By tag: only the tag goes, the manifest stays pullable by digest. By digest: the manifest goes with all its tags.
   * @throws RegistryError MANIFEST_UNKNOWN
   */
  manifest(repository: Repository | undefined, reference: Reference, caller: Caller): Promise<void>
  /** @throws RegistryError BLOB_UNKNOWN, or UNSUPPORTED while a manifest of the repository needs the blob. */
  blob(repository: Repository | undefined, digest: Digest, caller: Caller): Promise<void>
}

export function createDeleteContent(deps: {
  readonly manifests: Pick<ManifestStore, 'delete'>
  readonly tags: Pick<TagStore, 'delete'>
  readonly blobLinks: Pick<BlobLinkStore, 'unlink'>
}): DeleteContent {
  const { manifests, tags, blobLinks } = deps
  return {
    async manifest(repository, reference, caller) {
      const isDeleted =
        repository !== undefined &&
        (reference.kind === 'tag'
          ? await tags.delete(repository.id, reference.tag, originOf(caller))
          : await manifests.delete(repository.id, reference.digest, originOf(caller)))
      if (!isDeleted) throw manifestUnknown(reference)
    },

    async blob(repository, digest, caller) {
      if (repository === undefined) throw blobUnknown(digest)
      const result = await blobLinks.unlink(repository.id, digest, originOf(caller))
      if (result.kind === 'not-linked') throw blobUnknown(digest)
      if (result.kind === 'in-use') {
        throw new RegistryError('UNSUPPORTED', {
          message: `manifest ${result.manifest} needs this blob; delete the manifest first`,
          detail: { manifest: result.manifest },
        })
      }
    },
  }
}
