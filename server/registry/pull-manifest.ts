import { RegistryError } from '../../oci/error-codes.ts'
import { formatReference, type Reference } from '../../oci/reference.ts'
import type { ManifestStore, StoredManifest } from '../../storage/metadata/manifests.ts'
import { createRecollection } from '../../storage/metadata/recollection.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'

/** @throws RegistryError MANIFEST_UNKNOWN when the repository, or the manifest in it, is not there. */
export type PullManifest = (repository: Repository | undefined, reference: Reference) => Promise<StoredManifest>

/** Bytes of manifests that are kept, and at most of each: most have some hundred, and 4 MiB are allowed. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024
const MAX_BYTES = 64 * 1024

/** About what an entry takes besides the manifest's bytes. */
const ENTRY_BYTES = 512

export function createPullManifest(deps: {
  readonly manifests: Pick<ManifestStore, 'resolve'>
  /** Of the metadata store. */
  readonly readChangeMark: () => number
}): PullManifest {
  const { manifests, readChangeMark } = deps
  const found = createRecollection<StoredManifest>({
    readChangeMark,
    maxWeight: MAX_KEPT_BYTES,
    weigh: ({ bytes }) => (bytes.length > MAX_BYTES ? undefined : bytes.length + ENTRY_BYTES),
  })

  async function resolve({ id }: Repository, reference: Reference): Promise<StoredManifest> {
    const manifest = await manifests.resolve(id, reference)
    if (manifest === undefined) throw manifestUnknown(reference)
    return manifest
  }

  return async (repository, reference) => {
    if (repository === undefined) throw manifestUnknown(reference)
    return found.recall(`${repository.id} ${formatReference(reference)}`, () => resolve(repository, reference))
  }
}

/** The answer to a reference that leads nowhere. */
export function manifestUnknown(reference: Reference): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', {
    message: `there is no manifest ${formatReference(reference)} here; tags/list shows the tags there are`,
    detail: { reference: formatReference(reference) },
  })
}
