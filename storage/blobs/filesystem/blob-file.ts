import type { ByteRange } from '../../../oci/byte-range.ts'
import type { BorrowedBytes, OpenBlob } from '../blob-store.ts'
import { unlessUnreadable } from './file-errors.ts'
import type { OpenFile } from './files.ts'
import { readAhead } from './read-ahead.ts'
import type { TransferMemory } from './transfer-memory.ts'

/** A blob held open as a file. */
export class BlobFile implements OpenBlob {
  readonly size: number
  readonly #file: OpenFile
  readonly #memory: TransferMemory
  readonly #quarantine: (note: string) => Promise<boolean>
  readonly #reads = new Set<Promise<number>>()
  #closing: Promise<void> | undefined

  constructor(parts: {
    readonly file: OpenFile
    readonly size: number
    readonly memory: TransferMemory
    /** Moves this very file aside. */
    readonly quarantine: (note: string) => Promise<boolean>
  }) {
    this.size = parts.size
    this.#file = parts.file
    this.#memory = parts.memory
    this.#quarantine = parts.quarantine
  }

  read(range: ByteRange): AsyncIterable<BorrowedBytes> {
    const { first, last } = range
    if (first < 0 || first > last + 1 || last >= this.size) {
      throw new Error(`bytes ${first} to ${last} are not a range of a blob of ${this.size} bytes`)
    }
    return readAhead({ read: (buffer, position) => this.#read(buffer, position) }, range, this.#memory)
  }

  quarantine(note: string): Promise<boolean> {
    return this.#quarantine(note)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** The number of a closed file may be given to another one at once: a read under way would then get that one's bytes. */
  async #close(): Promise<void> {
    await Promise.allSettled(this.#reads)
    await this.#file.close()
  }

  async #read(buffer: Uint8Array, position: number): Promise<number> {
    if (this.#closing !== undefined) throw new Error('the blob was closed before it was read to its end')
    const read = unlessUnreadable(this.#file.read(buffer, position))
    this.#reads.add(read)
    try {
      return await read
    } finally {
      this.#reads.delete(read)
    }
  }
}
