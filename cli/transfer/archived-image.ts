import type { Digest } from '../../oci/digest.ts'
import type { RemoteManifest } from '../registry/manifests.ts'
import type { ArchivedPlace } from './archive-file.ts'
import type { ContentSource } from './content-source.ts'

/** Something that an archive holds under names of its own. */
export interface ArchivedImage {
  readonly root: RemoteManifest
  /** As in `localhost:5000/acme/web:1.2`. */
  readonly names: readonly string[]
  /** What is a tag in these and shorter names. */
  readonly tags: readonly string[]
}

/** The images of an archive, and where their bytes are. */
export interface ImageArchive {
  readonly images: readonly ArchivedImage[]
  readonly source: ContentSource
  /** Where a blob lies; undefined when it is not in the archive. */
  placeOf(digest: Digest): ArchivedPlace | undefined
}

/** Puts together what has several names. */
export function groupByRoot(images: readonly ArchivedImage[]): readonly ArchivedImage[] {
  const grouped = new Map<Digest, ArchivedImage>()
  for (const { root, names, tags } of images) {
    const before = grouped.get(root.digest)
    grouped.set(root.digest, {
      root,
      names: [...new Set([...(before?.names ?? []), ...names])],
      tags: [...new Set([...(before?.tags ?? []), ...tags])],
    })
  }
  return [...grouped.values()]
}
