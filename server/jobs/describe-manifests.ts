import { RegistryError } from '../../oci/error-codes.ts'
import { parseManifest } from '../../oci/manifest.ts'
import type { ManifestDescription, ManifestStore, UndescribedManifest } from '../../storage/metadata/manifests.ts'
import type { DescribeManifest } from '../registry/describe-manifest.ts'

/** Manifests described in one transaction; few, for each may have 4 MiB. */
const BATCH = 10
/** Batches in one run: the rest waits for the next, so that stopping never waits long. */
const MAX_BATCHES = 50

/**
 * Describes manifests that were pushed to a version of Kontor that did not do so, the newest first.
 * @returns how many were described; none when there are no more.
 */
export async function describeManifests(deps: {
  readonly manifests: Pick<ManifestStore, 'listUndescribed' | 'describe'>
  readonly describeManifest: DescribeManifest
}): Promise<number> {
  const { manifests, describeManifest } = deps
  let described = 0
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const undescribed = await manifests.listUndescribed(BATCH)
    if (undescribed.length === 0) break
    const descriptions = []
    for (const manifest of undescribed) {
      const { repositoryId, digest } = manifest
      descriptions.push({ repositoryId, digest, description: await describe(manifest, describeManifest) })
    }
    await manifests.describe(descriptions)
    described += undescribed.length
  }
  return described
}

async function describe(
  { repositoryId, mediaType, bytes }: UndescribedManifest,
  describeManifest: DescribeManifest,
): Promise<ManifestDescription> {
  try {
    return await describeManifest({ id: repositoryId }, parseManifest(bytes, mediaType))
  } catch (error) {
    // Accepted by an older version, and by this one no more: it is there all the same.
    if (error instanceof RegistryError) return { kind: 'artifact', platforms: [], labels: {} }
    throw error
  }
}
