import type { IncomingMessage } from 'node:http'
import { RegistryError } from '../../oci/error-codes.ts'

/**
 * The bytes of a body as they arrive. Unlike the request itself it may be left half-read: the connection stays, and a
 * refusal still reaches the client.
 */
export function bodyStream(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false })
}

/**
 * Reads a small body whole.
 * @throws RegistryError SIZE_INVALID with status 413 as soon as more than `maxBytes` were announced or came.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, what: string): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes, what)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of bodyStream(request)) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(maxBytes, what)
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)
}

/**
 * Refuses an encoded body: digests are of the bytes as they are, and an unpacked bomb must not be ours to hold (S13).
 * @throws RegistryError UNSUPPORTED with status 415
 */
export function requirePlainBody(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return
  throw new RegistryError('UNSUPPORTED', {
    status: 415,
    message: `Content-Encoding ${encoding.slice(0, 50)} is not taken; send the bytes as they are`,
  })
}

/** The announced length of a body in bytes; undefined for a chunked one. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const text = request.headers['content-length']
  if (text !== undefined) return Number(text)
  return request.headers['transfer-encoding'] === undefined ? 0 : undefined
}

function tooLarge(maxBytes: number, what: string): RegistryError {
  return new RegistryError('SIZE_INVALID', { status: 413, message: `${what} may have at most ${maxBytes} bytes` })
}
