import { ArchiveRefusal } from './archive-refusal.ts'
import { decodeLongName } from './tar-header.ts'

/** What an extended header says of the entry after it, as far as it matters here (pax(1), "pax Extended Header"). */
export interface PaxHeader {
  readonly name?: string
  readonly linkName?: string
  readonly sizeBytes?: number
}

/**
 * Reads records of the form `<length> <key>=<value>\n`, the length being that of the whole record.
 * @throws ArchiveRefusal for anything else.
 */
export function readPaxHeader(bytes: Uint8Array): PaxHeader {
  const found: { name?: string; linkName?: string; sizeBytes?: number } = {}
  for (let start = 0; start < bytes.length; ) {
    const { key, value, end } = readRecord(bytes, start)
    start = end
    if (key === 'path') found.name = decodeLongName(value)
    else if (key === 'linkpath') found.linkName = decodeLongName(value)
    else if (key === 'size') found.sizeBytes = readSize(asciiOf(value))
    // The entry's bytes are then a map of pieces, and its name another.
    else if (key.startsWith('GNU.sparse.')) throw invalid('a sparse file; make the archive without --sparse')
  }
  return found
}

function readRecord(bytes: Uint8Array, start: number): { key: string; value: Uint8Array; end: number } {
  const space = bytes.indexOf(0x20, start)
  // A longer length than five digits would not fit into what is read of a header.
  const digits = space < 0 || space - start > 5 ? '' : asciiOf(bytes.subarray(start, space))
  const end = /^[1-9]\d*$/.test(digits) ? start + Number(digits) : 0
  const equals = bytes.indexOf(0x3d, space)
  if (end > bytes.length || equals < 0 || equals >= end || bytes[end - 1] !== 0x0a) {
    throw invalid('an extended header that is damaged')
  }
  return {
    key: asciiOf(bytes.subarray(space + 1, equals)),
    value: bytes.subarray(equals + 1, end - 1),
    end,
  }
}

function readSize(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalid('an extended header with a size that is no number')
}

function invalid(what: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', `there is ${what} in the archive`)
}

/** What is not ASCII matters in values only, and is read as a name there. */
function asciiOf(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes)
}
