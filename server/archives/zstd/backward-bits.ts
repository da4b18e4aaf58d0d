import { corrupt } from './corrupt.ts'

/** Beyond the bytes of a block, so that four of them can be read anywhere. */
export const PADDING_BYTES = 8

/**
 * Bits that are read from their end to their beginning (RFC 8878, 4.1.1 and 4.2.2). They never reach before their
 * beginning unnoticed: what is read there are zeros, and {@link left} is negative.
 */
export class BackwardBits {
  readonly #view: DataView
  readonly #firstBit: number
  /** Bits that were not read yet; negative when more were read than there are. */
  left: number

  /**
   * @param bytes with {@link PADDING_BYTES} of anything after `end`.
   * @throws ArchiveRefusal when the end is not marked.
   */
  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = start < end ? (bytes[end - 1] ?? 0) : 0
    if (last === 0) throw corrupt('bits without an end')
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#firstBit = start * 8
    // The highest bit that is set only marks the end.
    this.left = (end - start) * 8 - (Math.clz32(last) - 24) - 1
  }

  /** The next bits, at most 24, without passing over them. */
  peek(count: number): number {
    const at = this.left - count
    if (at >= 0) return this.#at(at, count)
    const there = count + at
    return there <= 0 ? 0 : this.#at(0, there) << -at
  }

  /** The next bits, at most 24. */
  read(count: number): number {
    if (count === 0) return 0
    const bits = this.peek(count)
    this.left -= count
    return bits
  }

  #at(bit: number, count: number): number {
    const position = this.#firstBit + bit
    return (this.#view.getUint32(position >>> 3, true) >>> (position & 7)) & ((1 << count) - 1)
  }
}
