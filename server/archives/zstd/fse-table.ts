import type { BackwardBits } from './backward-bits.ts'
import { corrupt } from './corrupt.ts'

/** A decoding table of finite state entropy (RFC 8878, 4.1): from a state to a symbol, and on to the next state. */
export interface FseTable {
  readonly accuracyBits: number
  readonly symbols: Uint8Array
  readonly stateBits: Uint8Array
  readonly baselines: Uint16Array
}

/** The table that always gives one symbol and takes no bits. */
export function createConstantTable(symbol: number): FseTable {
  return {
    accuracyBits: 0,
    symbols: Uint8Array.of(symbol),
    stateBits: new Uint8Array(1),
    baselines: new Uint16Array(1),
  }
}

/** @param probabilities of each symbol, adding up to the table's size; -1 is "less than one". */
export function createFseTable(probabilities: readonly number[], accuracyBits: number): FseTable {
  const size = 1 << accuracyBits
  const table = {
    accuracyBits,
    symbols: new Uint8Array(size),
    stateBits: new Uint8Array(size),
    baselines: new Uint16Array(size),
  }
  spreadSymbols(table.symbols, probabilities)
  const nextStates = probabilities.map((probability) => Math.abs(probability))
  for (let state = 0; state < size; state++) {
    const symbol = table.symbols[state] ?? 0
    const next = nextStates[symbol] ?? 0
    nextStates[symbol] = next + 1
    const bits = accuracyBits - (31 - Math.clz32(next))
    table.stateBits[state] = bits
    table.baselines[state] = (next << bits) - size
  }
  return table
}

/** Symbols less likely than one state have one each at the end; the others' are spread over the rest. */
function spreadSymbols(symbols: Uint8Array, probabilities: readonly number[]): void {
  const size = symbols.length
  let firstRare = size
  for (const [symbol, probability] of probabilities.entries()) {
    if (probability === -1) symbols[--firstRare] = symbol
  }
  const step = (size >> 1) + (size >> 3) + 3
  let state = 0
  for (const [symbol, probability] of probabilities.entries()) {
    for (let count = 0; count < probability; count++) {
      symbols[state] = symbol
      do state = (state + step) & (size - 1)
      while (state >= firstRare)
    }
  }
}

/**
 * Reads the description of a table (RFC 8878, 4.1.1).
 * @returns the table, and where in `bytes` its description ends.
 * @throws ArchiveRefusal when it is none.
 */
export function readFseTable(
  bytes: Uint8Array,
  span: { readonly start: number; readonly end: number },
  most: { readonly accuracyBits: number; readonly symbol: number },
): { readonly table: FseTable; readonly end: number } {
  const { start, end } = span
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let bit = start * 8
  const peek = (count: number) => {
    if (bit > end * 8) throw corrupt('a table that is cut off')
    return (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << count) - 1)
  }
  const accuracyBits = peek(4) + 5
  bit += 4
  if (accuracyBits > most.accuracyBits) throw corrupt('a table that is too large')
  const probabilities: number[] = []
  let left = 1 << accuracyBits
  while (left > 0) {
    const { value, bits } = readProbability(peek, left)
    bit += bits
    const probability = value - 1
    left -= Math.abs(probability)
    probabilities.push(probability)
    if (probability === 0) {
      let repeats: number
      do {
        repeats = peek(2)
        bit += 2
        for (let count = 0; count < repeats; count++) probabilities.push(0)
      } while (repeats === 3 && probabilities.length <= most.symbol)
    }
    if (probabilities.length > most.symbol + 1) throw corrupt('a table of too many symbols')
  }
  const endByte = Math.ceil(bit / 8)
  if (left < 0 || endByte > end) throw corrupt('a table that does not add up')
  return { table: createFseTable(probabilities, accuracyBits), end: endByte }
}

/** As many bits as what is left to give away needs; small values take one less. */
function readProbability(peek: (count: number) => number, left: number): { value: number; bits: number } {
  const bits = 32 - Math.clz32(left + 1)
  const threshold = (1 << bits) - 1 - (left + 1)
  const low = peek(bits - 1)
  if (low < threshold) return { value: low, bits: bits - 1 }
  const value = peek(bits)
  return { value: value >= 1 << (bits - 1) ? value - threshold : value, bits }
}

/** Where one of the streams that share some bits stands. */
export class FseState {
  #table: FseTable
  #state: number

  constructor(table: FseTable, bits: BackwardBits) {
    this.#table = table
    this.#state = bits.read(table.accuracyBits)
  }

  get symbol(): number {
    return this.#table.symbols[this.#state] ?? 0
  }

  advance(bits: BackwardBits): void {
    const { baselines, stateBits } = this.#table
    this.#state = (baselines[this.#state] ?? 0) + bits.read(stateBits[this.#state] ?? 0)
  }
}
