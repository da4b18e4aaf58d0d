const KIB = 1024
const MIB = 1024 * KIB

/** How much of an archive the registry is willing to look at (S37): far above what images need, far below what harms. */
export interface ArchiveLimits {
  /** Bytes of the archive once it is unpacked, and of its layers once they are. */
  readonly maxBytes: number
}

/** Bytes of a document that is read as a whole, such as a manifest: what the wire takes of a manifest. */
export const MAX_DOCUMENT_BYTES = 4 * MIB

/** Bytes of all documents of one archive that are kept until it is read to its end. */
export const MAX_KEPT_BYTES = 32 * MIB

/** Bytes that all imports under way may keep in memory together (I11). */
export const MAX_KEPT_BY_ALL_BYTES = 64 * MIB

/**
 * How much longer than what came its decompressed form may be. Layers of programs and texts come to 2 to 10, and even
 * a disk image that is mostly empty stays below; deflate reaches 1032 with zeros, Zstandard 32,768.
 */
export const MAX_RATIO = 250

/** Decompressed bytes from which on the ratio counts: a small archive may well be mostly zeros. */
export const RATIO_COUNTS_FROM_BYTES = 256 * MIB

/**
 * Bytes of history that a Zstandard frame may ask its reader to keep: "it's recommended for decoders to support values
 * of Window_Size up to 8 MB and for encoders not to generate frames requiring Window_Size larger than 8 MB" (RFC 8878,
 * 3.1.1.1.2). `zstd` keeps to it unless told `--ultra` or `--long`.
 */
export const MAX_ZSTD_WINDOW_BYTES = 8 * MIB

/** What the manifests of an import may refer to, all together. */
export const MAX_REFERENCES = 20_000
