import { corrupt } from './corrupt.ts'
import type { History } from './history.ts'
import type { HuffmanTable } from './huffman-table.ts'
import { readLiterals } from './literals.ts'
import { readSequences, type SequenceTables } from './sequences.ts'

/** "Block_Maximum_Size is the smallest of: Window_Size, 128 KB" (RFC 8878, 3.1.1.2.4). */
export const MAX_BLOCK_BYTES = 128 * 1024

const NO_TABLES: SequenceTables = { literalLengths: undefined, offsets: undefined, matchLengths: undefined }

/** Decodes the compressed blocks of a frame, one after the other; each may go on with the tables of the one before. */
export class BlockDecoder {
  readonly #history: History
  readonly #scratch = new Uint8Array(MAX_BLOCK_BYTES)
  #huffman: HuffmanTable | undefined
  #tables = NO_TABLES
  /** The last three distances, which have short names (RFC 8878, 3.1.1.5). */
  #first = 1
  #second = 4
  #third = 8

  constructor(history: History) {
    this.#history = history
  }

  beginFrame(): void {
    this.#huffman = undefined
    this.#tables = NO_TABLES
    this.#first = 1
    this.#second = 4
    this.#third = 8
  }

  /**
   * Appends to the history what a block stands for.
   * @param block with padding after its end.
   * @throws ArchiveRefusal when it stands for nothing, or for too much.
   */
  decode(block: Uint8Array, end: number): void {
    const literals = readLiterals(block, end, { previous: this.#huffman, scratch: this.#scratch })
    this.#huffman = literals.table
    let used = 0
    this.#tables = readSequences(block, { start: literals.end, end }, this.#tables, (length, offsetValue, match) => {
      if (used + length > literals.bytes.length) throw corrupt('too few literals')
      this.#history.append(literals.bytes, used, used + length)
      used += length
      this.#history.appendMatch(this.#distanceOf(offsetValue, length), match)
    })
    this.#history.append(literals.bytes, used, literals.bytes.length)
  }

  #distanceOf(offsetValue: number, literalLength: number): number {
    const name = offsetValue > 3 ? undefined : literalLength === 0 ? offsetValue + 1 : offsetValue
    if (name === 1) return this.#first
    if (name === 2) {
      const distance = this.#second
      this.#second = this.#first
      this.#first = distance
      return distance
    }
    const distance = name === undefined ? offsetValue - 3 : name === 3 ? this.#third : this.#first - 1
    if (distance === 0) throw corrupt('a match of nothing')
    this.#third = this.#second
    this.#second = this.#first
    this.#first = distance
    return distance
  }
}
