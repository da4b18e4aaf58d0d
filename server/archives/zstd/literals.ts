import { corrupt } from './corrupt.ts'
import { decodeHuffman, type HuffmanTable, readHuffmanTable } from './huffman-table.ts'

/** Sizes of the first three of four streams, two bytes each. */
const JUMP_TABLE_BYTES = 6

/** The bytes of a block that its sequences copy from, and what the next block may use again. */
export interface Literals {
  readonly bytes: Uint8Array
  readonly table: HuffmanTable | undefined
  /** Where the sequences begin. */
  readonly end: number
}

interface Header {
  readonly kind: 'raw' | 'repeated' | 'compressed' | 'treeless'
  readonly streams: 1 | 4
  /** Of the literals. */
  readonly sizeBytes: number
  /** As they are in the block, the description of their codes included. */
  readonly compressedBytes: number
  readonly start: number
}

/**
 * Reads the literals of a block (RFC 8878, 3.1.1.3.1).
 * @param previous the codes of the block before.
 * @param scratch takes what is decoded; as large as a block may be.
 */
export function readLiterals(
  block: Uint8Array,
  end: number,
  { previous, scratch }: { readonly previous: HuffmanTable | undefined; readonly scratch: Uint8Array },
): Literals {
  const header = readHeader(block)
  const { kind, streams, sizeBytes, compressedBytes, start } = header
  const literalsEnd = start + compressedBytes
  if (sizeBytes > scratch.length || literalsEnd > end) throw corrupt('literals beyond their block')
  if (kind === 'raw') return { bytes: block.subarray(start, literalsEnd), table: previous, end: literalsEnd }
  const bytes = scratch.subarray(0, sizeBytes)
  if (kind === 'repeated') {
    bytes.fill(block[start] ?? 0)
    return { bytes, table: previous, end: literalsEnd }
  }
  const described =
    kind === 'compressed'
      ? readHuffmanTable(block, { start, end: literalsEnd })
      : previous && { table: previous, end: start }
  if (described === undefined) throw corrupt('codes that were never sent')
  const span = { start: described.end, end: literalsEnd }
  if (streams === 1) decodeHuffman(described.table, block, span, bytes)
  else decodeFourStreams(described.table, block, span, bytes)
  return { bytes, table: described.table, end: literalsEnd }
}

function readHeader(block: Uint8Array): Header {
  const first = block[0] ?? 0
  const format = (first >> 2) & 3
  /** So many bytes from the beginning as a number, least significant first; more than 32 bits fit into a double. */
  const read = (bytes: number) => {
    let value = 0
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + (block[index] ?? 0)
    return value
  }
  const kind = (['raw', 'repeated', 'compressed', 'treeless'] as const)[first & 3] ?? 'raw'
  if (kind === 'raw' || kind === 'repeated') {
    const start = format === 1 ? 2 : format === 3 ? 3 : 1
    const sizeBytes = format % 2 === 0 ? first >> 3 : Math.floor(read(start) / 16)
    return { kind, streams: 1, sizeBytes, compressedBytes: kind === 'raw' ? sizeBytes : 1, start }
  }
  const start = format < 2 ? 3 : format + 2
  const radix = 2 ** (format < 2 ? 10 : format * 4 + 6)
  const sizes = Math.floor(read(start) / 16)
  return {
    kind,
    streams: format === 0 ? 1 : 4,
    sizeBytes: sizes % radix,
    compressedBytes: Math.floor(sizes / radix),
    start,
  }
}

function decodeFourStreams(
  table: HuffmanTable,
  block: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  out: Uint8Array,
): void {
  const quarter = Math.ceil(out.length / 4)
  if (start + JUMP_TABLE_BYTES > end || 3 * quarter > out.length) throw corrupt('streams that are cut off')
  let from = start + JUMP_TABLE_BYTES
  for (let stream = 0; stream < 4; stream++) {
    const size = (block[start + 2 * stream] ?? 0) + (block[start + 2 * stream + 1] ?? 0) * 256
    const to = stream === 3 ? end : from + size
    if (to > end) throw corrupt('streams that are cut off')
    decodeHuffman(table, block, { start: from, end: to }, out.subarray(stream * quarter, (stream + 1) * quarter))
    from = to
  }
}
