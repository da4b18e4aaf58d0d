/** The manifest formats Kontor accepts; everything else about an image is its client's business. */
export const MEDIA_TYPES = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const

export type ManifestMediaType = (typeof MEDIA_TYPES)[keyof typeof MEDIA_TYPES]

const MANIFEST_KINDS: ReadonlyMap<string, 'image' | 'index'> = new Map([
  [MEDIA_TYPES.ociManifest, 'image'],
  [MEDIA_TYPES.dockerManifest, 'image'],
  [MEDIA_TYPES.ociIndex, 'index'],
  [MEDIA_TYPES.dockerManifestList, 'index'],
])

/** True for a media type of a manifest that Kontor stores. */
export function isManifestMediaType(text: string): text is ManifestMediaType {
  return MANIFEST_KINDS.has(text)
}

/** Whether a manifest lists layers (`image`) or other manifests (`index`). */
export function manifestKindOf(mediaType: ManifestMediaType): 'image' | 'index' {
  return mediaType === MEDIA_TYPES.ociIndex || mediaType === MEDIA_TYPES.dockerManifestList ? 'index' : 'image'
}

/** Layers that clients fetch from elsewhere and never push (image-spec layer.md, "non-distributable"). */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.')
  )
}
