import { BackwardBits } from './backward-bits.ts'
import { corrupt } from './corrupt.ts'
import { FseState, readFseTable } from './fse-table.ts'

const MAX_CODE_BITS = 11
const MAX_WEIGHTS = 255
const WEIGHT_TABLE = { accuracyBits: 6, symbol: MAX_CODE_BITS + 1 } as const

/** A decoding table of Huffman codes (RFC 8878, 4.2): by the next {@link codeBits} bits, a symbol and its code's length. */
export interface HuffmanTable {
  readonly codeBits: number
  readonly symbols: Uint8Array
  readonly lengths: Uint8Array
}

/**
 * Reads the description of a table.
 * @returns the table, and where in `bytes` its description ends.
 * @throws ArchiveRefusal when it is none.
 */
export function readHuffmanTable(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
): { readonly table: HuffmanTable; readonly end: number } {
  const header = bytes[start] ?? 0
  const isCompressed = header < 128
  const weightsEnd = start + 1 + (isCompressed ? header : Math.ceil((header - 127) / 2))
  if (start >= end || weightsEnd > end) throw corrupt('codes that are cut off')
  const span = { start: start + 1, end: weightsEnd }
  const weights = isCompressed ? readCompressedWeights(bytes, span) : readWeights(bytes, span, header - 127)
  return { table: createHuffmanTable(weights), end: weightsEnd }
}

function readWeights(bytes: Uint8Array, { start }: { readonly start: number }, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const byte = bytes[start + (index >> 1)] ?? 0
    return index % 2 === 0 ? byte >> 4 : byte & 15
  })
}

/** Two streams take turns until the bits are used up (RFC 8878, 4.2.1.2). */
function readCompressedWeights(
  bytes: Uint8Array,
  span: { readonly start: number; readonly end: number },
): readonly number[] {
  const described = readFseTable(bytes, span, WEIGHT_TABLE)
  const bits = new BackwardBits(bytes, described.end, span.end)
  let state = new FseState(described.table, bits)
  let other = new FseState(described.table, bits)
  const weights: number[] = []
  // A table may give a symbol and take no bits, for ever; hence the limit.
  while (weights.length < MAX_WEIGHTS) {
    weights.push(state.symbol)
    state.advance(bits)
    if (bits.left < 0) {
      weights.push(other.symbol)
      return weights
    }
    ;[state, other] = [other, state]
  }
  throw corrupt('too many codes')
}

function createHuffmanTable(given: readonly number[]): HuffmanTable {
  const weights = [...given, lastWeightOf(given)]
  const sum = weights.reduce((total, weight) => total + (weight > 0 ? 1 << (weight - 1) : 0), 0)
  const codeBits = 31 - Math.clz32(sum)
  if (codeBits > MAX_CODE_BITS || weights.length > MAX_WEIGHTS + 1) throw corrupt('codes that are too long')
  const table = { codeBits, symbols: new Uint8Array(1 << codeBits), lengths: new Uint8Array(1 << codeBits) }
  let next = 0
  for (let weight = 1; weight <= codeBits; weight++) {
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue
      const end = next + (1 << (weight - 1))
      table.symbols.fill(symbol, next, end)
      table.lengths.fill(codeBits + 1 - weight, next, end)
      next = end
    }
  }
  return table
}

/** The last weight is not sent: it is what makes the sum a power of two. */
function lastWeightOf(weights: readonly number[]): number {
  let sum = 0
  for (const weight of weights) {
    if (weight > MAX_CODE_BITS) throw corrupt('codes that are too long')
    if (weight > 0) sum += 1 << (weight - 1)
  }
  if (sum === 0) throw corrupt('no codes')
  const left = (1 << (32 - Math.clz32(sum))) - sum
  if ((left & (left - 1)) !== 0) throw corrupt('codes that do not add up')
  return 32 - Math.clz32(left)
}

/**
 * Decodes one stream of codes into `out`, all of it.
 * @throws ArchiveRefusal when the stream does not have exactly as many codes.
 */
export function decodeHuffman(
  { codeBits, symbols, lengths }: HuffmanTable,
  bytes: Uint8Array,
  span: { readonly start: number; readonly end: number },
  out: Uint8Array,
): void {
  const bits = new BackwardBits(bytes, span.start, span.end)
  for (let index = 0; index < out.length; index++) {
    const code = bits.peek(codeBits)
    out[index] = symbols[code] ?? 0
    bits.left -= lengths[code] ?? 0
  }
  if (bits.left !== 0) throw corrupt('codes that do not fill their place')
}
