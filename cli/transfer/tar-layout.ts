/** A file of an archive whose place in it is known beforehand. */
export interface PlacedFile {
  readonly path: string
  readonly sizeBytes: number
  /** Where its first byte is, from the beginning of the archive. */
  readonly start: number
  /** What stands before its bytes. */
  readonly header: Buffer
}

const BLOCK_BYTES = 512
/** The name of an entry has this much room in the header (ustar). */
const MAX_NAME_BYTES = 100
/** Eleven octal digits: 8 GiB less one byte. */
const MAX_OCTAL_SIZE = 0o77777777777
/** Two empty blocks. */
const END_BYTES = 2 * BLOCK_BYTES

/**
 * Places files one after the other in a tar archive (POSIX pax, of which ustar is the simple part). Owner, mode and time
 * are the same for all, so that equal files make equal archives.
 * @param files with names of ASCII characters.
 */
export function placeFiles(files: readonly { readonly path: string; readonly sizeBytes: number }[]): {
  readonly files: readonly PlacedFile[]
  readonly sizeBytes: number
} {
  let position = 0
  const placed = files.map(({ path, sizeBytes }) => {
    const header = headersOf(path, sizeBytes)
    const start = position + header.length
    position = start + sizeBytes + paddingBytes(sizeBytes)
    return { path, sizeBytes, start, header }
  })
  return { files: placed, sizeBytes: position + END_BYTES }
}

/** What follows a file, up to the next block. */
export function paddingBytes(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES
}

/** What ends an archive. */
export function archiveEnd(): Buffer {
  return Buffer.alloc(END_BYTES)
}

/** Names and sizes that the plain header has no room for get a pax header first. */
function headersOf(path: string, sizeBytes: number): Buffer {
  const records = Buffer.from(
    (path.length > MAX_NAME_BYTES ? paxRecord('path', path) : '') +
      (sizeBytes > MAX_OCTAL_SIZE ? paxRecord('size', String(sizeBytes)) : ''),
  )
  // Readers that know no pax header could not take so large a file anyway.
  const header = headerBlock(path.slice(0, MAX_NAME_BYTES), sizeBytes > MAX_OCTAL_SIZE ? 0 : sizeBytes, '0')
  if (records.length === 0) return header
  const before = headerBlock('pax-header', records.length, 'x')
  return Buffer.concat([before, records, Buffer.alloc(paddingBytes(records.length)), header])
}

/** `<length> <keyword>=<value>\n`, where the length counts its own digits. */
function paxRecord(keyword: 'path' | 'size', value: string): string {
  const rest = ` ${keyword}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

function headerBlock(name: string, sizeBytes: number, type: '0' | 'x'): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  block.write(name, 0, 'latin1')
  block.write('0000644\0', 100, 'latin1')
  block.write('0000000\0', 108, 'latin1')
  block.write('0000000\0', 116, 'latin1')
  block.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  block.write('00000000000\0', 136, 'latin1')
  // The checksum is taken with spaces in its own place.
  block.write('        ', 148, 'latin1')
  block.write(type, 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  const checksum = block.reduce((sum, byte) => sum + byte, 0)
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}
