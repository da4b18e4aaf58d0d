import type { Hash } from 'node:crypto'
import type { OwnedBytes } from '../blob-store.ts'
import type { OpenFile } from './files.ts'
import type { TransferMemory } from './transfer-memory.ts'

/** Linux takes no more chunks in one call (IOV_MAX); it also bounds what a client costs that sends byte by byte. */
const GATHER_CHUNKS = 1024
/**
 * The disk is told to start this often, and the upload goes on meanwhile. If it were told only at the commit, it would
 * be idle until then, and a client that sends gigabytes would wait for all of them at once, maybe longer than its
 * proxy does. More often gains nothing (200 MiB on two cores: told every 64 MiB 309 ms, 16 MiB 299, 8 MiB 295).
 */
const SYNC_EVERY_BYTES = 16 * 1024 * 1024

/**
 * What Node reads from a socket at once. When an upload's fair share is no more than that, nothing is gathered: each
 * chunk is written before the next is taken, for with many uploads at once it is the chunks waiting, and those that
 * the garbage collector has not come to yet, that fill the memory (200 uploads: 275 MB gathering, 240 like this).
 */
const SOCKET_CHUNK_BYTES = 64 * 1024

/** How receiving the bytes of a source ended. */
export type Received =
  | { readonly kind: 'complete'; readonly offset: number }
  /** The source threw; all that came from it before is in the file. */
  | { readonly kind: 'interrupted'; readonly offset: number; readonly error: unknown }
  /** The file refused; how much of the source it holds is unknown, and whether its older bytes are safe may be too. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly isTrustworthy: boolean }

/**
 * Writes the bytes of a source into a file, one pass: each chunk is hashed as it comes, and while one gathering of
 * chunks is written the next comes in. Nothing is in flight any more when this resolves; it never rejects.
 */
export async function receive(parts: {
  readonly source: AsyncIterable<OwnedBytes>
  readonly file: OpenFile
  /** Where in the file the first byte belongs. */
  readonly position: number
  /** Takes the bytes too, when there is one. */
  readonly hash: Hash | undefined
  readonly memory: TransferMemory
}): Promise<Received> {
  const writer = new GatheringWriter(parts.file, parts.position, parts.memory)
  try {
    const interruption = await takeAll(parts.source, writer, parts.hash)
    await writer.finish()
    const offset = writer.position
    return interruption === undefined
      ? { kind: 'complete', offset }
      : { kind: 'interrupted', offset, error: interruption.error }
  } catch (error) {
    await writer.settle()
    return { kind: 'failed', error, isTrustworthy: !writer.hasFailedSync }
  }
}

/** Gives what ended the source before its end, if anything did; what ended the writer, it says itself when it finishes. */
async function takeAll(
  source: AsyncIterable<OwnedBytes>,
  writer: GatheringWriter,
  hash: Hash | undefined,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    for await (const chunk of source) {
      if (!writer.hasRoomFor(chunk)) await writer.flush()
      hash?.update(chunk)
      writer.add(chunk)
      if (writer.isCramped()) await writer.writeThrough()
    }
  } catch (error) {
    return { error }
  }
  return undefined
}

/** Gathers chunks and writes them in order, one gathering at a time. */
class GatheringWriter {
  readonly #file: OpenFile
  readonly #memory: TransferMemory
  #position: number
  #gathered: OwnedBytes[] = []
  #gatheredBytes = 0
  #unsyncedBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> = Promise.resolve()
  #isSyncing = false
  #hasFailedSync = false

  constructor(file: OpenFile, position: number, memory: TransferMemory) {
    this.#file = file
    this.#position = position
    this.#memory = memory
  }

  /** Where the bytes after the last flushed ones belong. */
  get position(): number {
    return this.#position
  }

  /** True once the file system lost bytes that it had taken: whichever these were, the file is worth nothing. */
  get hasFailedSync(): boolean {
    return this.#hasFailedSync
  }

  /** False when the next chunk must wait for {@link flush}. Any chunk fits into an empty gathering, however large. */
  hasRoomFor(chunk: OwnedBytes): boolean {
    if (this.#gathered.length === 0) return true
    const bytes = this.#gatheredBytes + chunk.byteLength
    return this.#gathered.length < GATHER_CHUNKS && bytes <= this.#memory.fairShareBytes()
  }

  add(chunk: OwnedBytes): void {
    if (chunk.byteLength === 0) return
    this.#memory.hold(chunk.byteLength)
    this.#gathered.push(chunk)
    this.#gatheredBytes += chunk.byteLength
  }

  /** True when so many transfers are under way that gathering would cost more memory than it saves calls. */
  isCramped(): boolean {
    return this.#memory.fairShareBytes() <= SOCKET_CHUNK_BYTES
  }

  /** Writes what was gathered and waits for it. */
  async writeThrough(): Promise<void> {
    await this.flush()
    await this.#writing
  }

  /** Waits until the gathering before is written, and starts to write this one. */
  async flush(): Promise<void> {
    await this.#writing
    if (this.#hasFailedSync) await this.#syncing
    const { chunks, bytes } = this.#takeGathered()
    if (bytes === 0) return
    const position = this.#position
    this.#position += bytes
    this.#unsyncedBytes += bytes
    this.#writing = this.#write(chunks, position).finally(() => this.#memory.release(bytes))
    // Seen by the next flush; a slow client must not turn it into an unhandled rejection meanwhile.
    this.#writing.catch(() => {})
  }

  /** Writes what is left and waits for everything under way. */
  async finish(): Promise<void> {
    await this.writeThrough()
    await this.#syncing
  }

  /** Waits for everything under way, whatever comes of it, and forgets what was gathered. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing])
    this.#memory.release(this.#takeGathered().bytes)
  }

  #takeGathered(): { readonly chunks: readonly OwnedBytes[]; readonly bytes: number } {
    const taken = { chunks: this.#gathered, bytes: this.#gatheredBytes }
    this.#gathered = []
    this.#gatheredBytes = 0
    return taken
  }

  async #write(chunks: readonly OwnedBytes[], start: number): Promise<void> {
    let position = start
    let rest = chunks
    while (rest.length > 0) {
      const takenBytes = await this.#file.writev(rest, position)
      if (takenBytes === 0) throw new Error('the file system takes no more bytes and does not say why; check the disk')
      position += takenBytes
      rest = dropBytes(rest, takenBytes)
    }
    if (this.#unsyncedBytes >= SYNC_EVERY_BYTES && !this.#isSyncing) this.#startSync()
  }

  #startSync(): void {
    this.#isSyncing = true
    this.#unsyncedBytes = 0
    this.#syncing = this.#file.sync().then(
      () => {
        this.#isSyncing = false
      },
      (error) => {
        this.#hasFailedSync = true
        throw error
      },
    )
    this.#syncing.catch(() => {})
  }
}

/** What is left of chunks after so many bytes from their beginning. */
function dropBytes(chunks: readonly OwnedBytes[], bytes: number): readonly OwnedBytes[] {
  let left = bytes
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.byteLength) return [chunk.subarray(left), ...chunks.slice(index + 1)]
    left -= chunk.byteLength
  }
  return []
}
