import { ArchiveRefusal, showName } from './archive-refusal.ts'

/** Bytes of a header, and what everything in an archive is filled up to a multiple of. */
export const TAR_BLOCK_BYTES = 512

/** The fields of a header block, as pax(1) of POSIX lays it out under "ustar Interchange Format". */
export interface TarHeader {
  readonly name: string
  /** Says what follows: a file, a directory, a link, the name of the next entry … */
  readonly typeFlag: string
  /** Bytes that follow. */
  readonly sizeBytes: number
  readonly linkName: string
}

const NAME = { start: 0, end: 100 }
const SIZE = { start: 124, end: 136 }
const CHECKSUM = { start: 148, end: 156 }
const TYPE_FLAG = 156
const LINK_NAME = { start: 157, end: 257 }
const MAGIC = { start: 257, end: 263 }
const PREFIX = { start: 345, end: 500 }

/** POSIX's; GNU's own format has a space there, and other things than a prefix in the prefix's place. */
const POSIX_MAGIC = 'ustar\0'

/** True for the block of zeros that ends an archive. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0)
}

/** True for a header: its checksum is its own. */
export function isTarHeader(block: Uint8Array): boolean {
  const sum = readNumber(block.subarray(CHECKSUM.start, CHECKSUM.end))
  let actual = 0
  for (const [index, byte] of block.entries()) {
    // "For this calculation the chksum field shall be treated as if it were all spaces."
    actual += index >= CHECKSUM.start && index < CHECKSUM.end ? 0x20 : byte
  }
  return sum === actual
}

/**
 * Reads a header block.
 * @throws ArchiveRefusal for a block that is none.
 */
export function readTarHeader(block: Uint8Array): TarHeader {
  if (!isTarHeader(block)) {
    throw new ArchiveRefusal(
      'invalid',
      'the archive is no tar archive, or damaged; make it again and send it unchanged',
    )
  }
  const isPosix = latin1(block.subarray(MAGIC.start, MAGIC.end)) === POSIX_MAGIC
  const prefix = isPosix ? readText(block.subarray(PREFIX.start, PREFIX.end)) : ''
  const base = readText(block.subarray(NAME.start, NAME.end))
  const name = prefix === '' ? base : `${prefix}/${base}`
  const sizeBytes = readNumber(block.subarray(SIZE.start, SIZE.end))
  if (sizeBytes === undefined) throw new ArchiveRefusal('invalid', `the size of ${showName(name)} is no number`)
  return {
    name,
    typeFlag: String.fromCharCode(block[TYPE_FLAG] ?? 0),
    sizeBytes,
    linkName: readText(block.subarray(LINK_NAME.start, LINK_NAME.end)),
  }
}

/**
 * A name as text. What is no UTF-8 is refused: two readers could take it for two different names. So is a NUL within:
 * for programs in C the name ends there.
 * @throws ArchiveRefusal
 */
export function decodeName(bytes: Uint8Array): string {
  if (bytes.includes(0)) {
    throw new ArchiveRefusal('invalid', 'a name in the archive has a NUL in it; make the archive with plain names')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new ArchiveRefusal('invalid', 'a name in the archive is no UTF-8; make the archive with plain names', {
      cause,
    })
  }
}

/**
 * A name of an extended header, which stands for that of the entry. Of an empty one POSIX says that there is no name then,
 * and some readers keep that of the entry.
 * @throws ArchiveRefusal
 */
export function decodeLongName(bytes: Uint8Array): string {
  if (bytes.length > 0) return decodeName(bytes)
  throw new ArchiveRefusal('invalid', 'there is an empty name in an extended header; make the archive again')
}

/** Up to the first NUL, or all of the field. */
function readText(field: Uint8Array): string {
  const end = field.indexOf(0)
  return decodeName(end < 0 ? field : field.subarray(0, end))
}

/** Octal digits or, for what is too large for them, a number to the base of 256 marked by its first bit (GNU, star). */
function readNumber(field: Uint8Array): number | undefined {
  const [first = 0] = field
  if ((first & 0x80) === 0) {
    const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(latin1(field))?.[1]
    return digits === undefined ? undefined : Number.parseInt(`0${digits}`, 8)
  }
  // The bit after the mark is the sign.
  if ((first & 0x40) !== 0) return undefined
  let value = first & 0x3f
  for (const byte of field.subarray(1)) {
    value = value * 256 + byte
    if (value > Number.MAX_SAFE_INTEGER) return undefined
  }
  return value
}

/** Each byte as the character of its number. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
