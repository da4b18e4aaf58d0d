import { MAX_HEADERS, MAX_NAME_BYTES, MAX_PAX_BYTES } from './archive-limits.ts'
import { ArchiveRefusal, showName } from './archive-refusal.ts'
import { ByteReader, cutOff } from './byte-reader.ts'
import { type PaxHeader, readPaxHeader } from './pax-header.ts'
import { decodeLongName, isZeroBlock, readTarHeader, TAR_BLOCK_BYTES, type TarHeader } from './tar-header.ts'

/** Something in a tar archive. */
export type TarEntry =
  | {
      readonly kind: 'file'
      /** Relative, without `.` and `..`. */
      readonly name: string
      readonly sizeBytes: number
      /** Can be read until the next entry is asked for. */
      readonly bytes: AsyncIterable<Uint8Array>
    }
  | { readonly kind: 'directory'; readonly name: string }
  | { readonly kind: 'symlink' | 'hardlink'; readonly name: string; readonly target: string }

/**
 * Reads a tar archive (ustar, pax, GNU), one entry after the other, as the bytes come.
 *
 * It is our own because what comes is anybody's. tar-stream 3.2 reads up to 4 MiB of an extended header into memory and
 * any number of them one after the other without telling anybody, takes negative sizes from pax headers, and names as
 * they are. This one knows what an archive of images consists of and refuses everything else, and is pulled from: what
 * is not asked for is not read.
 *
 * @throws ArchiveRefusal (out of the iteration) for whatever is wrong.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source)
  try {
    for await (const header of readHeaders(reader)) {
      const { kind, sizeBytes } = header
      const name = readName(header.name, kind)
      if (kind === 'directory') yield { kind, name }
      if (kind === 'symlink' || kind === 'hardlink') yield { kind, name, target: header.linkName }
      if (kind !== 'file') continue
      const content = new EntryBytes(reader, sizeBytes)
      yield { kind, name, sizeBytes, bytes: content }
      await content.finish()
    }
  } finally {
    await reader.close()
  }
}

interface EntryHeader {
  readonly kind: TarEntry['kind']
  readonly name: string
  readonly linkName: string
  readonly sizeBytes: number
}

/** Puts together what several headers say of one entry, and ends with the archive. */
async function* readHeaders(reader: ByteReader): AsyncGenerator<EntryHeader, void, undefined> {
  const block = Buffer.alloc(TAR_BLOCK_BYTES)
  let extended: PaxHeader = {}
  let extensions = ''
  for (let headers = 0; ; headers++) {
    if (!(await reader.fill(block))) throw cutOff()
    if (isZeroBlock(block)) return requireEnd(reader)
    if (headers >= MAX_HEADERS) {
      throw new ArchiveRefusal('too-large', `the archive has more than ${MAX_HEADERS} entries; split it`)
    }
    const header = readTarHeader(block)
    if (isExtension(header)) extensions = addExtension(extensions, header)
    switch (header.typeFlag) {
      case 'x':
        extended = readPaxHeader(await readExtension(reader, header, MAX_PAX_BYTES))
        break
      case 'g':
        requireHarmless(readPaxHeader(await readExtension(reader, header, MAX_PAX_BYTES)))
        break
      case 'L':
        extended = { ...extended, name: readLongName(await readExtension(reader, header, MAX_NAME_BYTES)) }
        break
      case 'K':
        extended = { ...extended, linkName: readLongName(await readExtension(reader, header, MAX_NAME_BYTES)) }
        break
      default:
        yield toEntry(header, extended)
        extended = {}
        extensions = ''
    }
  }
}

/** What may stand before one entry, by type flags: a header of pax, or those of GNU for a long name and a long target. */
const EXTENSIONS: ReadonlySet<string> = new Set(['x', 'L', 'K', 'LK', 'KL'])

function isExtension({ typeFlag }: TarHeader): boolean {
  return EXTENSIONS.has(typeFlag)
}

/**
 * Of several extended headers before one entry some readers believe the first, some the last, and some all of them: one
 * archive would be two.
 * @throws ArchiveRefusal
 */
function addExtension(before: string, { typeFlag }: TarHeader): string {
  if (EXTENSIONS.has(before + typeFlag)) return before + typeFlag
  throw new ArchiveRefusal('invalid', 'there are several extended headers before one entry; make the archive again')
}

/** Two blocks of zeros, then zeros up to the size of a tape's record. */
async function requireEnd(reader: ByteReader): Promise<void> {
  for await (const rest of reader.rest()) {
    if (!isZeroBlock(rest)) {
      throw new ArchiveRefusal('invalid', 'something follows the end of the archive; send one archive at a time')
    }
  }
}

async function readExtension(reader: ByteReader, { sizeBytes }: TarHeader, maxBytes: number): Promise<Buffer> {
  if (sizeBytes > maxBytes) {
    throw new ArchiveRefusal('too-large', `the archive has a header of ${sizeBytes} bytes; ${maxBytes} are allowed`)
  }
  const bytes = await reader.read(sizeBytes)
  await reader.skip(paddingOf(sizeBytes))
  return bytes
}

/** GNU ends long names with a NUL. */
function readLongName(bytes: Buffer): string {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === 0 ? bytes.length - 1 : bytes.length
  return decodeLongName(bytes.subarray(0, end))
}

/** A header for all entries, as `git archive` writes one with a comment; it cannot mean to name them all alike. */
function requireHarmless(header: PaxHeader): void {
  if (Object.keys(header).length === 0) return
  throw new ArchiveRefusal('invalid', 'the archive has a header that gives all entries one name or size')
}

function toEntry(header: TarHeader, extended: PaxHeader): EntryHeader {
  const name = extended.name ?? header.name
  const entry = { name, linkName: extended.linkName ?? header.linkName }
  const sizeBytes = extended.sizeBytes ?? header.sizeBytes
  const kind = kindOf(header.typeFlag, name)
  // Some programs give a hard link the size of what it leads to, and bytes or none after it: nobody can tell.
  if (kind !== 'file' && sizeBytes !== 0) {
    throw new ArchiveRefusal('invalid', `${showName(name)} is no file, and yet has a size; make the archive again`)
  }
  return { ...entry, kind, sizeBytes }
}

function kindOf(typeFlag: string, name: string): TarEntry['kind'] {
  // Before POSIX, a directory was a file whose name ended in a slash.
  if (typeFlag === '5' || ((typeFlag === '0' || typeFlag === '\0') && name.endsWith('/'))) return 'directory'
  if (typeFlag === '0' || typeFlag === '\0') return 'file'
  if (typeFlag === '1') return 'hardlink'
  if (typeFlag === '2') return 'symlink'
  throw new ArchiveRefusal(
    'invalid',
    `${showName(name)} is neither file nor directory nor link; an archive of images has no devices or special files`,
  )
}

/**
 * The name of an entry, as it is told from all others: without `./` before it, as `tar -C folder .` writes them, and
 * without the slash of a directory.
 * @throws ArchiveRefusal for one that leads out of the archive, or that different programs take for different ones.
 */
function readName(text: string, kind: TarEntry['kind']): string {
  const isShort = Buffer.byteLength(text) <= MAX_NAME_BYTES
  const name = isShort ? text.replace(/^(?:\.\/)+/, '').replace(/\/$/, '') : ''
  // The folder that was packed, as `tar -C folder .` writes it.
  if (kind === 'directory' && (text === '.' || text === './')) return '.'
  const isUsual = isShort && !/[\\\p{Cc}]/u.test(name)
  if (isUsual && !name.split('/').some((part) => part === '' || part === '.' || part === '..')) return name
  throw new ArchiveRefusal(
    'invalid',
    `there is ${showName(text)} in the archive; names must be relative, without "..", backslashes and control characters`,
  )
}

function paddingOf(sizeBytes: number): number {
  return (TAR_BLOCK_BYTES - (sizeBytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES
}

/** The bytes of one entry; whatever was not read is passed over in the end. */
class EntryBytes implements AsyncIterable<Uint8Array> {
  readonly #reader: ByteReader
  readonly #paddingBytes: number
  #leftBytes: number

  constructor(reader: ByteReader, sizeBytes: number) {
    this.#reader = reader
    this.#leftBytes = sizeBytes
    this.#paddingBytes = paddingOf(sizeBytes)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#leftBytes > 0) {
      const some = await this.#reader.readSome(this.#leftBytes)
      if (some === undefined) throw cutOff()
      this.#leftBytes -= some.byteLength
      yield some
    }
  }

  async finish(): Promise<void> {
    await this.#reader.skip(this.#leftBytes + this.#paddingBytes)
    this.#leftBytes = 0
  }
}
