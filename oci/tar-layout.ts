/**
 * Where the files of an image archive lie in it: archives are tar (POSIX pax, of which ustar is the simple part). Written
 * here and not by a library: what is written is one kind of header of 512 bytes, every place is wanted before the first
 * byte (for `Content-Length`, and to write files as they come), and every byte is to be the same each time.
 */

/** A file of an archive. */
export interface ArchivedFile {
  /** Of ASCII characters. */
  readonly path: string
  readonly sizeBytes: number
}

/** A file whose place is known. */
export interface PlacedFile extends ArchivedFile {
  /** Where its first byte is, from the beginning of the archive. */
  readonly start: number
  /** What stands before its bytes. */
  readonly header: Uint8Array
}

const BLOCK_BYTES = 512
/** The name of an entry has this much room in the header (ustar; its `prefix` cannot take a sha512 either). */
const MAX_NAME_BYTES = 100
/** Eleven octal digits: 8 GiB less one byte. */
const MAX_OCTAL_SIZE = 0o77777777777
/** Two empty blocks. */
const END_BYTES = 2 * BLOCK_BYTES

/** Places files one after the other. Owner, mode and time are the same for all, so that equal files make equal archives. */
export function placeFiles<File extends ArchivedFile>(
  files: readonly File[],
): { readonly files: readonly (File & PlacedFile)[]; readonly sizeBytes: number } {
  let position = 0
  const placed = files.map((file) => {
    const { path, sizeBytes } = file
    const header = headersOf(path, sizeBytes)
    const start = position + header.length
    position = start + sizeBytes + paddingBytes(sizeBytes)
    return { ...file, start, header }
  })
  return { files: placed, sizeBytes: position + END_BYTES }
}

/** How many empty bytes follow a file, up to the next block. */
export function paddingBytes(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES
}

/** What ends an archive. */
export function archiveEnd(): Uint8Array {
  return new Uint8Array(END_BYTES)
}

/** Names and sizes that the plain header has no room for get a pax header first. */
function headersOf(path: string, sizeBytes: number): Uint8Array {
  const records =
    (path.length > MAX_NAME_BYTES ? paxRecord('path', path) : '') +
    (sizeBytes > MAX_OCTAL_SIZE ? paxRecord('size', String(sizeBytes)) : '')
  const paxBytes = records === '' ? 0 : BLOCK_BYTES + records.length + paddingBytes(records.length)
  const headers = new Uint8Array(paxBytes + BLOCK_BYTES)
  if (records !== '') {
    writeHeader(headers, 0, { name: 'pax-header', sizeBytes: records.length, type: 'x' })
    writeText(headers, BLOCK_BYTES, records)
  }
  // Readers that know no pax header could not take so large a file anyway.
  const plainSize = sizeBytes > MAX_OCTAL_SIZE ? 0 : sizeBytes
  writeHeader(headers, paxBytes, { name: path.slice(0, MAX_NAME_BYTES), sizeBytes: plainSize, type: '0' })
  return headers
}

/** `<length> <keyword>=<value>\n`, where the length counts its own digits. */
function paxRecord(keyword: 'path' | 'size', value: string): string {
  const rest = ` ${keyword}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

function writeHeader(
  bytes: Uint8Array,
  at: number,
  { name, sizeBytes, type }: { readonly name: string; readonly sizeBytes: number; readonly type: '0' | 'x' },
): void {
  writeText(bytes, at, name)
  writeText(bytes, at + 100, '0000644\0')
  writeText(bytes, at + 108, '0000000\0')
  writeText(bytes, at + 116, '0000000\0')
  writeText(bytes, at + 124, `${sizeBytes.toString(8).padStart(11, '0')}\0`)
  writeText(bytes, at + 136, '00000000000\0')
  // The checksum is taken with spaces in its own place.
  writeText(bytes, at + 148, '        ')
  writeText(bytes, at + 156, type)
  writeText(bytes, at + 257, 'ustar\x0000')
  const checksum = bytes.subarray(at, at + BLOCK_BYTES).reduce((sum, byte) => sum + byte, 0)
  writeText(bytes, at + 148, `${checksum.toString(8).padStart(6, '0')}\0 `)
}

function writeText(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index)
}
