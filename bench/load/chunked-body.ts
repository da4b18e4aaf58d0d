/** How much docker's client puts into a chunk. */
const CHUNK_BYTES = 32 * 1024
const LINE_END = Buffer.from('\r\n')

/** What was sent before: copying it again would be measured as the server's time. */
const encoded = new WeakMap<Buffer, Buffer>()

/** A body of unknown length, as docker streams a layer: every 32 KiB a chunk of their own. */
export function* chunkedBody(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) {
    const bytes = encoded.get(piece) ?? encode(piece)
    encoded.set(piece, bytes)
    yield bytes
  }
  yield Buffer.from('0\r\n\r\n')
}

function encode(piece: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let position = 0; position < piece.length; position += CHUNK_BYTES) {
    const chunk = piece.subarray(position, position + CHUNK_BYTES)
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, LINE_END)
  }
  return Buffer.concat(parts)
}
