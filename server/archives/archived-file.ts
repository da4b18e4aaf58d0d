import type { Digest } from '../../oci/digest.ts'
import type { Compression } from './decompress.ts'
import type { StagedBlob } from './staging.ts'

/** A file of an archive, once it was read. */
export interface ArchivedFile {
  readonly name: string
  /** Of its bytes; by the algorithm that its name names, if it names one. */
  readonly digest: Digest
  readonly sizeBytes: number
  readonly compression: Compression
  /**
   * Of its bytes without their compression, by which an image's configuration names its layers. Undefined for compressed
   * blobs of a layout: their names say already what they are.
   */
  readonly diffId: Digest | undefined
  readonly content:
    | { readonly kind: 'staged'; readonly blob: StagedBlob }
    /** A manifest or a configuration, kept to be read. */
    | { readonly kind: 'document'; readonly bytes: Buffer }
}

/** What was in an archive. Nothing of it is visible yet, and nothing was compared with anything but its own name. */
export interface ReadArchive {
  readonly files: ReadonlyMap<string, ArchivedFile>
  /** Links between layers: from the name of the link to the name that it leads to. */
  readonly links: ReadonlyMap<string, string>
  /** What says what is in it; undefined where there is no such file. */
  readonly contents: { readonly [name in ContentsName]: Buffer | undefined }
}

/** The files that say what is in an archive. */
export const CONTENTS_NAMES = ['oci-layout', 'index.json', 'manifest.json'] as const
export type ContentsName = (typeof CONTENTS_NAMES)[number]

export function isContentsName(name: string): name is ContentsName {
  return CONTENTS_NAMES.some((known) => known === name)
}
