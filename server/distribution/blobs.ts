import { randomBytes } from 'node:crypto'
import { type ByteRange, parseRange } from '../../oci/byte-range.ts'
import { type Digest, parseDigest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { PulledBlob } from '../registry/pull-blob.ts'
import type { Registry } from '../registry/registry.ts'
import { contentHeaders, IMMUTABLE, isNotModified } from './conditional.ts'
import { callerOf, type Exchange, type ExchangeOn, placeOf, respond, responseHeaders } from './exchange.ts'
import { type ResponsePart, sendParts } from './send-parts.ts'

/** Raw bytes of unknown origin: no browser is to show them (S21). */
const BLOB_TYPE = 'application/octet-stream'

/** `HEAD /v2/<name>/blobs/<digest>`: docker push loops without the true length (TOP-6). Ranges mean nothing here. */
export function createHeadBlob({ pullBlob }: Pick<Registry, 'pullBlob'>) {
  return async (exchange: ExchangeOn<'blob'>): Promise<void> => {
    const digest = parseDigest(exchange.path.digest)
    const { size } = await pullBlob.stat(placeOf(exchange).repository, digest)
    respond(exchange, 200, [...blobHeaders(digest), 'Content-Type', BLOB_TYPE, 'Content-Length', String(size)])
  }
}

/** `GET /v2/<name>/blobs/<digest>`: whole, a range, or several ranges as they were asked for. */
export function createGetBlob({ pullBlob }: Pick<Registry, 'pullBlob'>) {
  return async (exchange: ExchangeOn<'blob'>): Promise<void> => {
    const { request, path } = exchange
    const digest = parseDigest(path.digest)
    const blob = await pullBlob.open(placeOf(exchange).repository, digest)
    try {
      if (isNotModified(request, digest)) return respond(exchange, 304, blobHeaders(digest))
      await sendBlob(exchange, digest, blob)
    } finally {
      await blob.close()
    }
  }
}

/** `DELETE /v2/<name>/blobs/<digest>`: from this repository only; others keep it. */
export function createDeleteBlob({ deleteContent }: Pick<Registry, 'deleteContent'>) {
  return async (exchange: ExchangeOn<'blob'>): Promise<void> => {
    await deleteContent.blob(placeOf(exchange).repository, parseDigest(exchange.path.digest), callerOf(exchange))
    respond(exchange, 202, ['Content-Length', '0'])
  }
}

async function sendBlob(exchange: ExchangeOn<'blob'>, digest: Digest, blob: PulledBlob): Promise<void> {
  const { size } = blob
  const wanted = parseRange(rangeHeader(exchange, digest), size)
  switch (wanted.kind) {
    case 'whole': {
      const headers = ['Content-Type', BLOB_TYPE, 'Content-Length', String(size)]
      if (blob.bytes !== undefined) return respond(exchange, 200, [...blobHeaders(digest), ...headers], blob.bytes)
      const parts = size === 0 ? [] : [{ range: { first: 0, last: size - 1 } }]
      return send(exchange, 200, digest, headers, blob, parts)
    }
    case 'unsatisfiable':
      throw new RegistryError('RANGE_INVALID', {
        message: `the blob has ${size} bytes; no range asked for lies within them`,
        headers: { 'Content-Range': `bytes */${size}` },
      })
    case 'refused':
      // Not 416 or 501, on which podman gives up: on 400 it and stargz fall back to single ranges (RNG-4).
      throw new RegistryError('RANGE_INVALID', { status: 400, message: 'too many ranges at once; ask for fewer' })
    case 'ranges': {
      const [first, ...others] = wanted.ranges
      if (others.length > 0) return sendMultipart(exchange, digest, blob, wanted.ranges)
      const headers = ['Content-Range', contentRange(first, size), 'Content-Length', String(lengthOf(first))]
      return send(exchange, 206, digest, ['Content-Type', BLOB_TYPE, ...headers], blob, [{ range: first }])
    }
  }
}

/** One part for each range, in the order asked for and not merged: podman counts them (RNG-3). */
function sendMultipart(
  exchange: ExchangeOn<'blob'>,
  digest: Digest,
  blob: PulledBlob,
  ranges: readonly ByteRange[],
): Promise<void> {
  const boundary = randomBytes(12).toString('hex')
  const end = `\r\n--${boundary}--\r\n`
  const parts = ranges.map((range, position) => ({
    preface: Buffer.from(
      `${position === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${BLOB_TYPE}\r\n` +
        `Content-Range: ${contentRange(range, blob.size)}\r\n\r\n`,
    ),
    range,
  }))
  const length = parts.reduce((sum, part) => sum + part.preface.length + lengthOf(part.range), end.length)
  const headers = ['Content-Type', `multipart/byteranges; boundary=${boundary}`, 'Content-Length', String(length)]
  return send(exchange, 206, digest, headers, blob, [...parts, { preface: Buffer.from(end) }])
}

function send(
  { response, context }: Exchange,
  status: 200 | 206,
  digest: Digest,
  headers: readonly string[],
  blob: PulledBlob,
  parts: readonly ResponsePart[],
): Promise<void> {
  response.writeHead(status, responseHeaders(context, [...blobHeaders(digest), ...headers]))
  return sendParts(response, blob, parts)
}

function blobHeaders(digest: Digest): string[] {
  return [
    ...contentHeaders(digest),
    'Accept-Ranges',
    'bytes',
    'Cache-Control',
    IMMUTABLE,
    'Content-Disposition',
    'attachment',
  ]
}

/** A range holds only for the content the client thinks of (`If-Range`, RFC 9110 §13.1.5). */
function rangeHeader({ request }: Exchange, digest: Digest): string | undefined {
  const condition = request.headers['if-range']
  return condition === undefined || condition === `"${digest}"` ? request.headers.range : undefined
}

function contentRange({ first, last }: ByteRange, size: number): string {
  return `bytes ${first}-${last}/${size}`
}

function lengthOf({ first, last }: ByteRange): number {
  return last - first + 1
}
