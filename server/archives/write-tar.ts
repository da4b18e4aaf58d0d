/**
 * Tar archives (POSIX pax, of which ustar is the simple part) of files whose sizes are known. Written here and not by
 * tar-stream, which reads archives for us: what is written is one kind of header of 512 bytes, the length of the whole
 * is wanted before the first byte (`Content-Length`), and every byte is to be the same each time.
 */

const BLOCK_BYTES = 512

/** The name of an entry has this much room in the header (ustar; its `prefix` cannot take a sha512 either). */
const MAX_NAME_BYTES = 100

/** Eleven octal digits: 8 GiB less one byte. */
const MAX_OCTAL_SIZE = 0o77777777777

/** Two empty blocks. */
const END_BYTES = 2 * BLOCK_BYTES

/** A file of an archive. */
export interface TarFile {
  /** Of ASCII characters. */
  readonly path: string
  readonly sizeBytes: number
  /** Its bytes, exactly as many as {@link sizeBytes}. Asked for once, when it is its turn. */
  read(): AsyncIterable<Uint8Array>
}

/** How many bytes {@link writeTar} gives for these files. */
export function tarLengthBytes(files: readonly Omit<TarFile, 'read'>[]): number {
  const lengthOf = (file: Omit<TarFile, 'read'>) =>
    headersOf(file).length + file.sizeBytes + paddingBytes(file.sizeBytes)
  return files.reduce((sum, file) => sum + lengthOf(file), END_BYTES)
}

/**
 * Writes files one after the other. Owner, mode and time are the same for all, so that equal files make equal archives.
 * @throws Error when a file turns out to have another size: its header is out by then, and the archive is lost.
 */
export async function* writeTar(files: readonly TarFile[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const file of files) {
    yield headersOf(file)
    let writtenBytes = 0
    for await (const chunk of file.read()) {
      writtenBytes += chunk.byteLength
      yield chunk
    }
    if (writtenBytes !== file.sizeBytes) {
      throw new Error(`${file.path} has ${writtenBytes} bytes where ${file.sizeBytes} were announced`)
    }
    const padding = paddingBytes(writtenBytes)
    if (padding > 0) yield Buffer.alloc(padding)
  }
  yield Buffer.alloc(END_BYTES)
}

/** What stands before a file's bytes; names and sizes that the plain header has no room for get a pax header first. */
function headersOf({ path, sizeBytes }: Omit<TarFile, 'read'>): Buffer {
  const records = Buffer.from(
    (path.length > MAX_NAME_BYTES ? paxRecord('path', path) : '') +
      (sizeBytes > MAX_OCTAL_SIZE ? paxRecord('size', String(sizeBytes)) : ''),
  )
  const header = headerBlock({
    name: path.slice(0, MAX_NAME_BYTES),
    // Readers that know no pax header could not take the file anyway.
    sizeBytes: sizeBytes > MAX_OCTAL_SIZE ? 0 : sizeBytes,
    type: '0',
  })
  if (records.length === 0) return header
  const paxHeader = headerBlock({ name: 'pax-header', sizeBytes: records.length, type: 'x' })
  return Buffer.concat([paxHeader, records, Buffer.alloc(paddingBytes(records.length)), header])
}

/** `<length> <keyword>=<value>\n`, where the length counts its own digits. */
function paxRecord(keyword: 'path' | 'size', value: string): string {
  const rest = ` ${keyword}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

function headerBlock({ name, sizeBytes, type }: { name: string; sizeBytes: number; type: '0' | 'x' }): Buffer {
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

function paddingBytes(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES
}
