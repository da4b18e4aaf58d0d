import { createHash } from 'node:crypto'
import { type Digest, formatDigest } from '../../oci/digest.ts'
import { type Compression, type DecompressionLimits, decompress } from './decompress.ts'

/** Bytes that are digested without their compression while they go elsewhere with it. */
export interface DecompressedDigest {
  /** The same bytes, to be read once; throws when they turn out to be damaged, or a bomb. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Of what they are without their compression; to be asked for when all of them were read. */
  digest(): Promise<Digest>
}

export function digestDecompressed(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  compression: Compression,
  limits: DecompressionLimits,
): DecompressedDigest {
  const handover = new Handover()
  const hash = createHash('sha256')
  let hashing: Promise<void> | undefined

  async function hashAll() {
    for await (const chunk of decompress(handover, compression, limits)) hash.update(chunk)
  }

  async function* copied() {
    hashing = hashAll()
    // Seen where the bytes are read; until then it is nobody's.
    hashing.catch(() => {})
    try {
      for await (const chunk of source) {
        // Whichever is slower sets the pace; and when the hash fails, nobody waits for it any more.
        await Promise.race([handover.put(chunk), hashing])
        yield chunk
      }
    } finally {
      handover.end()
    }
    await hashing
  }

  return {
    bytes: copied(),
    async digest() {
      await hashing
      return formatDigest('sha256', hash.digest('hex'))
    },
  }
}

/** Passes chunks on, one at a time. */
class Handover implements AsyncIterable<Uint8Array> {
  #chunk: Uint8Array | undefined
  #isEnded = false
  #wakeTaker: () => void = () => {}
  #wakeGiver: () => void = () => {}

  /** Resolves once the chunk was taken. */
  put(chunk: Uint8Array): Promise<void> {
    this.#chunk = chunk
    const taken = new Promise<void>((resolve) => {
      this.#wakeGiver = resolve
    })
    this.#wakeTaker()
    return taken
  }

  end(): void {
    this.#isEnded = true
    this.#wakeTaker()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = this.#chunk
      if (chunk !== undefined) {
        this.#chunk = undefined
        this.#wakeGiver()
        yield chunk
      } else if (this.#isEnded) {
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeTaker = resolve
        })
      }
    }
  }
}
