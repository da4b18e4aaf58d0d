/** How much docker's client puts into a chunk. */
const CHUNK_BYTES = 32 * 1024
const LINE_END = Buffer.from('\r\n')
const FULL_CHUNK_START = Buffer.from(`${CHUNK_BYTES.toString(16)}\r\n`)

/** A body of unknown length, as docker streams a layer: every 32 KiB a chunk of their own. */
export function* chunkedBody(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) {
    const parts: Buffer[] = []
    for (let position = 0; position < piece.length; position += CHUNK_BYTES) {
      const chunk = piece.subarray(position, position + CHUNK_BYTES)
      const start = chunk.length === CHUNK_BYTES ? FULL_CHUNK_START : Buffer.from(`${chunk.length.toString(16)}\r\n`)
      parts.push(start, chunk, LINE_END)
    }
    yield Buffer.concat(parts)
  }
  yield Buffer.from('0\r\n\r\n')
}
