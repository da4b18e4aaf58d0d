import { RegistryError } from '../../oci/error-codes.ts'
import { formatReference, type Reference } from '../../oci/reference.ts'
import type { ManifestStore, StoredManifest } from '../../storage/metadata/manifests.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'

/** @throws RegistryError MANIFEST_UNKNOWN when the repository, or the manifest in it, is not there. */
export type PullManifest = (repository: Repository | undefined, reference: Reference) => Promise<StoredManifest>

export function createPullManifest({
  manifests,
}: {
  readonly manifests: Pick<ManifestStore, 'resolve'>
}): PullManifest {
  return async (repository, reference) => {
    const manifest = repository && (await manifests.resolve(repository.id, reference))
    if (manifest === undefined) throw manifestUnknown(reference)
    return manifest
  }
}

/** The answer to a reference that leads nowhere. */
export function manifestUnknown(reference: Reference): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', {
    message: `there is no manifest ${formatReference(reference)} here; tags/list shows the tags there are`,
    detail: { reference: formatReference(reference) },
  })
}
