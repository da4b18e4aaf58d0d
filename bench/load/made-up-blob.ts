import { createHash, type Hash, randomBytes, randomFillSync } from 'node:crypto'

const MIB = 1024 * 1024
const PIECE_BYTES = MIB
/** What makes a blob unlike all others stands at its end, so that the hash of the rest is worked out once. */
const TAIL_BYTES = 64

/** A blob that nobody pushed before and that cannot be compressed. */
export interface MadeUpBlob {
  readonly digest: string
  readonly size: number
  chunks(): Iterable<Buffer>
}

/** Makes blobs of one size, all different. */
export function createBlobMaker(size: number): () => MadeUpBlob {
  const random = randomFillSync(Buffer.allocUnsafe(Math.min(size, 16 * MIB)))
  const prefixBytes = Math.max(0, size - TAIL_BYTES)
  let prefixHash: Hash | undefined
  // The same few buffers over and over: whoever sends them in another form makes that once for each.
  const pieces = cut(random)
  function* prefix(): Generator<Buffer> {
    for (let position = 0, turn = 0; position < prefixBytes; position += PIECE_BYTES, turn++) {
      const piece = pieces[turn % pieces.length]
      const left = prefixBytes - position
      if (piece !== undefined) yield left < piece.length ? piece.subarray(0, left) : piece
    }
  }
  return () => {
    if (prefixHash === undefined) {
      prefixHash = createHash('sha256')
      for (const chunk of prefix()) prefixHash.update(chunk)
    }
    const tail = randomBytes(Math.min(size, TAIL_BYTES))
    const digest = `sha256:${prefixHash.copy().update(tail).digest('hex')}`
    return {
      digest,
      size,
      *chunks() {
        yield* prefix()
        yield tail
      },
    }
  }
}

function cut(bytes: Buffer): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, index) =>
    bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  )
}
