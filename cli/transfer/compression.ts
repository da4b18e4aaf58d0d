/** gzip, Zstandard and what may stand before it (RFC 8878, 3.1.2), bzip2, xz. */
const MAGICS = [
  '1f8b',
  '28b52ffd',
  ...Array.from({ length: 16 }, (_, index) => `5${index.toString(16)}2a4d18`),
  '425a68',
  'fd377a58',
]

/** As many bytes as {@link isCompressed} looks at. */
export const MAGIC_BYTES = 4

/** Whether bytes begin as compressed ones do. */
export function isCompressed(beginning: Buffer): boolean {
  const hex = beginning.toString('hex')
  return MAGICS.some((magic) => hex.startsWith(magic))
}
