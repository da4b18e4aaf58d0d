import type { Digest } from '../../oci/digest.ts'
import type { ManifestView } from '../../oci/manifest.ts'
import type { Tag } from '../../oci/reference.ts'
import type { ArchivedFile } from './archived-file.ts'

/** A manifest of an archive, as it will be pushed. */
export interface ArchivedManifest {
  readonly digest: Digest
  /** Exactly those of the archive, where it has any (I10). */
  readonly bytes: Uint8Array
  readonly view: ManifestView
}

/** Something that an archive holds under names of its own. */
export interface ArchivedImage {
  readonly root: ArchivedManifest
  /** As the archive writes them. */
  readonly names: readonly string[]
  /** What is a tag in these names. */
  readonly tags: readonly Tag[]
}

/** What an archive says that it holds. */
export interface ArchivedImages {
  readonly format: 'oci-layout' | 'docker-archive'
  readonly images: readonly ArchivedImage[]
  /** Signatures and the like, by the digest that they refer to. */
  readonly referrers: ReadonlyMap<Digest, readonly ArchivedManifest[]>
  /**
   * A manifest that another one refers to; undefined when the archive does not have it, or has it as a blob.
   * @throws ArchiveRefusal for one that is no manifest.
   */
  findManifest(digest: Digest, mediaType: string): ArchivedManifest | undefined
  /** A file by the digest of its bytes. */
  findFile(digest: Digest): ArchivedFile | undefined
}

/** Puts together what has several names. */
export function groupByRoot(images: readonly ArchivedImage[]): ArchivedImage[] {
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
