import { archiveCutOff } from '../../oci/tar-entries.ts'

/**
 * Takes what it is asked for from a stream of bytes, and no more: nothing is read ahead, so whoever is slow slows the
 * sender down, and nothing is held but the chunk that came last.
 */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #isAtEnd = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /**
   * Some bytes, at most so many: as they came, not copied. Undefined at the end of the stream.
   * @throws what the stream throws.
   */
  async readSome(maxBytes: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.byteLength === 0) {
      if (this.#isAtEnd) return undefined
      const next = await this.#source.next()
      if (next.done === true) this.#isAtEnd = true
      else this.#chunk = next.value
    }
    const taken = this.#chunk.subarray(0, maxBytes)
    this.#chunk = this.#chunk.subarray(taken.byteLength)
    return taken
  }

  /**
   * Fills a buffer.
   * @returns false when the stream was at its end already.
   * @throws ArchiveRefusal when the stream ends in the middle.
   */
  async fill(buffer: Uint8Array): Promise<boolean> {
    let filledBytes = 0
    while (filledBytes < buffer.byteLength) {
      const some = await this.readSome(buffer.byteLength - filledBytes)
      if (some === undefined) {
        if (filledBytes === 0) return false
        throw archiveCutOff()
      }
      buffer.set(some, filledBytes)
      filledBytes += some.byteLength
    }
    return true
  }

  /**
   * A buffer of its own with exactly so many bytes.
   * @throws ArchiveRefusal when the stream ends before.
   */
  async read(bytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes)
    if (bytes > 0 && !(await this.fill(buffer))) throw archiveCutOff()
    return buffer
  }

  /**
   * Passes over so many bytes.
   * @throws ArchiveRefusal when the stream ends before.
   */
  async skip(bytes: number): Promise<void> {
    let left = bytes
    while (left > 0) {
      const some = await this.readSome(left)
      if (some === undefined) throw archiveCutOff()
      left -= some.byteLength
    }
  }

  /** What comes next, at most so many bytes, without passing over it. Fewer only at the end of the stream. */
  async peek(maxBytes: number): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    for (let left = maxBytes; left > 0; ) {
      const some = await this.readSome(left)
      if (some === undefined) break
      chunks.push(some)
      left -= some.byteLength
    }
    const peeked = Buffer.concat(chunks)
    this.#chunk = this.#chunk.byteLength === 0 ? peeked : Buffer.concat([peeked, this.#chunk])
    return peeked
  }

  /** All that is left. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const some = await this.readSome(Number.POSITIVE_INFINITY)
      if (some === undefined) return
      yield some
    }
  }

  /** Tells the source that nothing more is wanted. */
  async close(): Promise<void> {
    await this.#source.return?.()
  }
}
