import { corrupt } from './corrupt.ts'

/** Room beyond the window, so that the window is moved once in a while and not with every block. */
const MIN_SLACK_BYTES = 256 * 1024

/** Up to here, copying byte by byte is faster than asking for it. */
const SHORT_BYTES = 48

/** What a frame has given so far, as far back as its window reaches, with room for the next block. */
export class History {
  #bytes: Buffer = Buffer.alloc(0)
  #windowBytes = 0
  /** Where the next byte goes. */
  #position = 0
  /** Where the block under way began, and where it must end at the latest. */
  #blockStart = 0
  #blockEnd = 0

  /** Begins a frame. The memory of the frame before is used again: an archive may have thousands of small ones. */
  beginFrame(windowBytes: number): void {
    const neededBytes = windowBytes + Math.max(MIN_SLACK_BYTES, windowBytes >> 2)
    if (this.#bytes.length < neededBytes) this.#bytes = Buffer.allocUnsafeSlow(neededBytes)
    this.#windowBytes = windowBytes
    this.#position = 0
  }

  /** @param maxBytes that the block may have. */
  beginBlock(maxBytes: number): void {
    if (this.#position + maxBytes > this.#bytes.length) {
      const from = Math.max(0, this.#position - this.#windowBytes)
      this.#bytes.copyWithin(0, from, this.#position)
      this.#position -= from
    }
    this.#blockStart = this.#position
    this.#blockEnd = this.#position + maxBytes
  }

  /** What the block came to, in memory of its own. */
  takeBlock(): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#blockStart, this.#position))
  }

  /** Appends a part of some bytes: those from `start` up to `end`. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#requireRoom(length)
    if (length <= SHORT_BYTES) {
      const own = this.#bytes
      for (let index = 0; index < length; index++) own[this.#position + index] = bytes[start + index] ?? 0
    } else {
      this.#bytes.set(bytes.subarray(start, end), this.#position)
    }
    this.#position += length
  }

  appendRepeated(byte: number, count: number): void {
    this.#requireRoom(count)
    this.#bytes.fill(byte, this.#position, this.#position + count)
    this.#position += count
  }

  /** Appends what stands `distance` bytes back; it may reach into what is being appended. */
  appendMatch(distance: number, length: number): void {
    this.#requireRoom(length)
    if (distance > this.#position || distance > this.#windowBytes) throw corrupt('a match too far back')
    const bytes = this.#bytes
    const from = this.#position - distance
    const to = this.#position
    if (length > SHORT_BYTES && distance >= length) bytes.copyWithin(to, from, from + length)
    else for (let index = 0; index < length; index++) bytes[to + index] = bytes[from + index] ?? 0
    this.#position += length
  }

  #requireRoom(bytes: number): void {
    if (this.#position + bytes > this.#blockEnd) throw corrupt('a block that is too long')
  }
}
