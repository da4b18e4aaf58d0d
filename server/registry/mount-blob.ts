import type { Digest } from '../../oci/digest.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import type { BlobLinkStore, LinkedBlob } from '../../storage/metadata/blob-links.ts'
import { type Caller, originOf } from '../access/caller.ts'
import { type Credential, viewerOf } from '../access/credential.ts'
import type { Policy } from '../access/policy.ts'

/**
 * Links a blob that another repository has. False when the caller may not pull it from there, or it is not there, and
 * nothing tells the two apart: the client then uploads as if it had not asked. Without `from`, any repository that the
 * caller may pull will do.
 */
export type MountBlob = (
  request: { readonly repository: RepositoryName; readonly digest: Digest; readonly from: RepositoryName | undefined },
  caller: Caller,
) => Promise<boolean>

export function createMountBlob(deps: {
  readonly blobs: Pick<BlobStore, 'stat'>
  readonly blobLinks: Pick<BlobLinkStore, 'find' | 'findAnywhere' | 'link'>
  readonly policy: Policy
}): MountBlob {
  const { blobs, blobLinks, policy } = deps

  async function findSource(credential: Credential, digest: Digest, from: RepositoryName | undefined) {
    if (from === undefined) return blobLinks.findAnywhere(viewerOf(credential), digest)
    const decision = await policy.authorize(credential, 'pull', from)
    const repository = decision.allowed ? decision.place.repository : undefined
    return repository && blobLinks.find(repository.id, digest)
  }

  async function isWhole(source: LinkedBlob): Promise<boolean> {
    return (await blobs.stat(source.digest))?.size === source.size
  }

  return async ({ repository, digest, from }, caller) => {
    const { credential } = caller
    const source = await findSource(credential.exchangedFor ?? credential, digest, from)
    // A damaged blob is not passed on: the upload that follows a refused mount heals it.
    if (source === undefined || !(await isWhole(source))) return false
    await blobLinks.link(repository, source, originOf(caller))
    return true
  }
}
