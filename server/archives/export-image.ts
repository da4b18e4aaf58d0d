import type { Descriptor } from '../../oci/descriptor.ts'
import { isRunnableConfigType } from '../../oci/image-config.ts'
import type { ManifestView } from '../../oci/manifest.ts'

/** The manifest of an image that a container engine can load. */
export type ImageView = ManifestView & { readonly config: Descriptor }

// image-spec layer.md and Docker's schema 2: file systems as tar, in any compression, distributable or not.
const LAYER_TYPE =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1|docker\.image\.rootfs\.(?:foreign\.)?diff)\.tar(?:[+.](?:gzip|zstd))?$/

/** Signatures and attestations have the configuration of an image, too; it is their layers that give them away. */
export function isImage(view: ManifestView): view is ImageView {
  const { config, layers } = view
  return (
    config !== undefined &&
    isRunnableConfigType(config.mediaType) &&
    layers.every(({ mediaType }) => LAYER_TYPE.test(mediaType))
  )
}
