import { isImageConfigType, readImageConfig } from '../../oci/image-config.ts'
import type { ManifestView } from '../../oci/manifest.ts'
import { kindOfManifest } from '../../oci/manifest-kind.ts'
import { formatPlatform, isUnknownPlatform, type Platform } from '../../oci/platform.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import type { ManifestDescription } from '../../storage/metadata/manifests.ts'
import { boundedLabels } from './bounded-labels.ts'
import type { ReadSmallBlob } from './read-small-blob.ts'

/** Configs are a few KiB; a larger one is stored like any other, only not looked into at every push. */
const MAX_CONFIG_BYTES = 256 * 1024

const MAX_PLATFORMS = 100

/**
 * Says what a manifest is. Of a config only what the repository has is read (I4), and what is not there is not
 * described: whether it may be missing is decided where the manifest is stored.
 */
export type DescribeManifest = (
  repository: { readonly id: RepositoryId } | undefined,
  view: ManifestView,
) => Promise<ManifestDescription>

export function createDescribeManifest({ readSmallBlob }: { readonly readSmallBlob: ReadSmallBlob }): DescribeManifest {
  return async (repository, view) => {
    const kind = kindOfManifest(view)
    const { config, manifests, annotations = {} } = view
    if (config === undefined) {
      const platforms = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platform]))
      return { kind, platforms: namesOf(platforms), labels: boundedLabels(annotations) }
    }
    if (!isImageConfigType(config.mediaType)) return { kind, platforms: [], labels: boundedLabels(annotations) }
    const bytes = await readSmallBlob(repository, config.digest, MAX_CONFIG_BYTES)
    const { platform, labels = {} } = (bytes && readImageConfig(bytes)) ?? {}
    return { kind, platforms: namesOf(platform ? [platform] : []), labels: boundedLabels(annotations, labels) }
  }
}

function namesOf(platforms: readonly Platform[]): string[] {
  const known = platforms.filter((platform) => !isUnknownPlatform(platform)).map(formatPlatform)
  return [...new Set(known)].slice(0, MAX_PLATFORMS)
}
