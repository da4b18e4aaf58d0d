import { ArchiveRefusal, showName } from './archive-refusal.ts'
import { type PaxHeader, readPaxHeader } from './pax-header.ts'
import { decodeLongName, isZeroBlock, readTarHeader, TAR_BLOCK_BYTES, type TarHeader } from './tar-header.ts'
import { paddingBytes } from './tar-layout.ts'

/** Entries and headers of all kinds. An image has at most 127 layers, of which docker once wrote four entries each. */
const MAX_HEADERS = 20_000
/** Bytes of a name, a link's target included: PATH_MAX of Linux. */
const MAX_NAME_BYTES = 4 * 1024
/** Bytes of an extended (pax) header: it holds a name, a size, times, perhaps attributes. */
const MAX_PAX_BYTES = 64 * 1024

/** A file in a tar archive. */
export interface TarFileHeader {
  readonly kind: 'file'
  /** Relative, without `.` and `..`. */
  readonly name: string
  readonly sizeBytes: number
}

/** Something in a tar archive. */
export type TarEntryHeader =
  | TarFileHeader
  | { readonly kind: 'directory'; readonly name: string }
  | { readonly kind: 'symlink' | 'hardlink'; readonly name: string; readonly target: string }

/** The bytes of an archive, as they come or as they lie in a file. All but `fill` throw when the archive ends before. */
export interface TarReader {
  /** False when the archive was at its end already. */
  fill(buffer: Uint8Array): Promise<boolean>
  read(bytes: number): Promise<Uint8Array>
  skip(bytes: number): Promise<void>
  /** All that is left. */
  rest(): AsyncIterable<Uint8Array>
}

/**
 * Reads what is in a tar archive (ustar, pax, GNU), without the contents: after a file, whoever asks for the next entry
 * has passed over its bytes and {@link paddingBytes} more.
 * @throws ArchiveRefusal (out of the iteration) for whatever is wrong.
 */
export async function* readTarEntries(reader: TarReader): AsyncGenerator<TarEntryHeader, void, undefined> {
  for await (const { kind, name: text, linkName, sizeBytes } of readHeaders(reader)) {
    const name = readName(text, kind)
    if (kind === 'file') yield { kind, name, sizeBytes }
    else if (kind === 'directory') yield { kind, name }
    else yield { kind, name, target: linkName }
  }
}

/** The answer to bytes that end too early. */
export function archiveCutOff(): ArchiveRefusal {
  return new ArchiveRefusal('invalid', 'the archive is cut off; make it again, and send it whole')
}

interface RawEntry {
  readonly kind: TarEntryHeader['kind']
  readonly name: string
  readonly linkName: string
  readonly sizeBytes: number
}

/** Puts together what several headers say of one entry, and ends with the archive. */
async function* readHeaders(reader: TarReader): AsyncGenerator<RawEntry, void, undefined> {
  const block = new Uint8Array(TAR_BLOCK_BYTES)
  let extended: PaxHeader = {}
  let extensions = ''
  for (let headers = 0; ; headers++) {
    if (!(await reader.fill(block))) throw archiveCutOff()
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
async function requireEnd(reader: TarReader): Promise<void> {
  for await (const rest of reader.rest()) {
    if (!isZeroBlock(rest)) {
      throw new ArchiveRefusal('invalid', 'something follows the end of the archive; send one archive at a time')
    }
  }
}

async function readExtension(reader: TarReader, { sizeBytes }: TarHeader, maxBytes: number): Promise<Uint8Array> {
  if (sizeBytes > maxBytes) {
    throw new ArchiveRefusal('too-large', `the archive has a header of ${sizeBytes} bytes; ${maxBytes} are allowed`)
  }
  const bytes = await reader.read(sizeBytes)
  await reader.skip(paddingBytes(sizeBytes))
  return bytes
}

/** GNU ends long names with a NUL. */
function readLongName(bytes: Uint8Array): string {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === 0 ? bytes.length - 1 : bytes.length
  return decodeLongName(bytes.subarray(0, end))
}

/** A header for all entries, as `git archive` writes one with a comment; it cannot mean to name them all alike. */
function requireHarmless(header: PaxHeader): void {
  if (Object.keys(header).length === 0) return
  throw new ArchiveRefusal('invalid', 'the archive has a header that gives all entries one name or size')
}

function toEntry(header: TarHeader, extended: PaxHeader): RawEntry {
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

function kindOf(typeFlag: string, name: string): TarEntryHeader['kind'] {
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
function readName(text: string, kind: TarEntryHeader['kind']): string {
  const isShort = new TextEncoder().encode(text).length <= MAX_NAME_BYTES
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
