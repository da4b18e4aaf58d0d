import { BackwardBits } from './backward-bits.ts'
import { corrupt } from './corrupt.ts'
import { createConstantTable, createFseTable, FseState, type FseTable, readFseTable } from './fse-table.ts'

/** One of the three codes that a sequence is made of (RFC 8878, 3.1.1.3.2.1). */
interface CodeKind {
  readonly most: { readonly accuracyBits: number; readonly symbol: number }
  readonly predefined: FseTable
}

const LITERAL_LENGTHS: CodeKind = {
  most: { accuracyBits: 9, symbol: 35 },
  predefined: createFseTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    6,
  ),
}

const MATCH_LENGTHS: CodeKind = {
  most: { accuracyBits: 9, symbol: 52 },
  predefined: createFseTable(
    [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
    6,
  ),
}

const OFFSETS: CodeKind = {
  // Larger ones lead beyond any window that is kept here, and their extra bits could not be read at once.
  most: { accuracyBits: 8, symbol: 24 },
  predefined: createFseTable(
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
    5,
  ),
}

const LITERAL_EXTRA_BITS = [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const MATCH_EXTRA_BITS = [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

/** Lengths by their code: `plain` codes stand for themselves, the others for ranges told apart by extra bits. */
function rangesOf(plain: number, first: number, extra: readonly number[]) {
  const bits = [...new Array<number>(plain).fill(0), ...extra]
  const baselines: number[] = []
  let next = first
  for (const count of bits) {
    baselines.push(next)
    next += 1 << count
  }
  // The last range of match lengths and literal lengths begins at a power of two, like those before it.
  return { bits, baselines }
}

const LITERAL_RANGES = rangesOf(16, 0, LITERAL_EXTRA_BITS)
const MATCH_RANGES = rangesOf(32, 3, MATCH_EXTRA_BITS)

/** The tables of one block, which the next may use again. */
export interface SequenceTables {
  readonly literalLengths: FseTable | undefined
  readonly offsets: FseTable | undefined
  readonly matchLengths: FseTable | undefined
}

/** Told of one sequence after the other: copy so many literals, then so many bytes from so far back. */
export type OnSequence = (literalLength: number, offsetValue: number, matchLength: number) => void

/**
 * Decodes the sequences of a block.
 * @returns the tables for the next one.
 * @throws ArchiveRefusal when there are not exactly as many as announced.
 */
export function readSequences(
  block: Uint8Array,
  span: { readonly start: number; readonly end: number },
  previous: SequenceTables,
  onSequence: OnSequence,
): SequenceTables {
  const { end } = span
  const { count, start } = readCount(block, span)
  if (count === 0) {
    if (start !== end) throw corrupt('something after the last sequence')
    return previous
  }
  const modes = block[start] ?? 0
  if (start >= end || (modes & 3) !== 0) throw corrupt('sequences of an unknown kind')
  let position = start + 1
  const next = (mode: number, kind: CodeKind, before: FseTable | undefined): FseTable => {
    const read = readTable(block, { start: position, end }, { mode: mode & 3, kind, before })
    position = read.end
    return read.table
  }
  const literalLengths = next(modes >> 6, LITERAL_LENGTHS, previous.literalLengths)
  const offsets = next(modes >> 4, OFFSETS, previous.offsets)
  const matchLengths = next(modes >> 2, MATCH_LENGTHS, previous.matchLengths)
  const tables = { literalLengths, offsets, matchLengths }
  decodeSequences(new BackwardBits(block, position, end), count, tables, onSequence)
  return tables
}

function readCount(block: Uint8Array, { start, end }: { readonly start: number; readonly end: number }) {
  const [first = 0, second = 0, third = 0] = block.subarray(start, end)
  const bytes = first < 128 ? 1 : first < 255 ? 2 : 3
  if (start + bytes > end) throw corrupt('sequences that are cut off')
  const count = bytes === 1 ? first : bytes === 2 ? ((first - 128) << 8) + second : second + (third << 8) + 0x7f00
  return { count, start: start + bytes }
}

function readTable(
  block: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  { mode, kind, before }: { readonly mode: number; readonly kind: CodeKind; readonly before: FseTable | undefined },
): { readonly table: FseTable; readonly end: number } {
  if (mode === 0) return { table: kind.predefined, end: start }
  if (mode === 1) {
    const symbol = block[start] ?? 0
    if (start >= end || symbol > kind.most.symbol) throw corrupt('an unknown code')
    return { table: createConstantTable(symbol), end: start + 1 }
  }
  if (mode === 2) return readFseTable(block, { start, end }, kind.most)
  if (before === undefined) throw corrupt('tables that were never sent')
  return { table: before, end: start }
}

function decodeSequences(
  bits: BackwardBits,
  count: number,
  tables: { readonly literalLengths: FseTable; readonly offsets: FseTable; readonly matchLengths: FseTable },
  onSequence: OnSequence,
): void {
  const literal = new FseState(tables.literalLengths, bits)
  const offset = new FseState(tables.offsets, bits)
  const match = new FseState(tables.matchLengths, bits)
  for (let index = 0; index < count; index++) {
    const offsetCode = offset.symbol
    if (offsetCode > OFFSETS.most.symbol) throw corrupt('a match too far back')
    const offsetValue = (1 << offsetCode) + bits.read(offsetCode)
    const matchCode = match.symbol
    const matchLength = (MATCH_RANGES.baselines[matchCode] ?? 0) + bits.read(MATCH_RANGES.bits[matchCode] ?? 0)
    const literalCode = literal.symbol
    const literalLength =
      (LITERAL_RANGES.baselines[literalCode] ?? 0) + bits.read(LITERAL_RANGES.bits[literalCode] ?? 0)
    // Before they are acted upon: what is made of bits that are not there could be anything.
    if (bits.left < 0) throw corrupt('sequences that are cut off')
    onSequence(literalLength, offsetValue, matchLength)
    if (index === count - 1) break
    literal.advance(bits)
    match.advance(bits)
    offset.advance(bits)
  }
  if (bits.left !== 0) throw corrupt('sequences that do not fill their place')
}
