import type { OciResponse } from './exchange.ts'
import { expectStatus, locationOf } from './expect-status.ts'
import type { OciClient } from './oci-client.ts'

/** The ways the distribution-spec knows to push a blob. */
export type UploadWay = keyof typeof WAYS

/** Where a blob is to go. */
export interface UploadTarget {
  readonly client: OciClient
  readonly repository: string
}

/** What is to be pushed, and the digest it is announced with, true or not. */
export interface BlobContent {
  readonly digest: string
  readonly bytes: Buffer
}

/** Clients may not send smaller chunks than a registry asks for; this is below what any registry asks for. */
const SMALLEST_CHUNK_BYTES = 1024

const OCTET_STREAM = { 'Content-Type': 'application/octet-stream' }

const WAYS = {
  'a single POST': ({ client, repository }: UploadTarget, { digest, bytes }: BlobContent) =>
    client.send({
      method: 'POST',
      url: `/v2/${repository}/blobs/uploads/?${new URLSearchParams({ digest })}`,
      headers: OCTET_STREAM,
      body: bytes,
    }),

  'POST and PUT': async (target: UploadTarget, { digest, bytes }: BlobContent) => {
    const { location } = await openUpload(target)
    return closeUpload(target.client, location, digest, { bytes })
  },

  'chunks and an empty PUT': (target: UploadTarget, blob: BlobContent) => uploadChunks(target, blob, 'PATCH'),

  'chunks, the last of them in the PUT': (target: UploadTarget, blob: BlobContent) => uploadChunks(target, blob, 'PUT'),

  'a stream of unknown length': async (target: UploadTarget, { digest, bytes }: BlobContent) => {
    const { location } = await openUpload(target)
    const patched = await target.client.send({
      method: 'PATCH',
      url: location,
      headers: OCTET_STREAM,
      body: bytes,
      framing: 'chunked',
    })
    expectStatus(patched, 202)
    return closeUpload(target.client, locationOf(patched), digest)
  },
}

/** All of them, for `test.each`. */
export const UPLOAD_WAYS = Object.keys(WAYS) as readonly UploadWay[]

/** Uploads a blob one way. Every step but the last must succeed; what the last one says is for the caller to judge. */
export function uploadBlob(target: UploadTarget, blob: BlobContent, way: UploadWay): Promise<OciResponse> {
  return WAYS[way](target, blob)
}

/** Opens an upload session; `chunkBytes` is the least a chunk may have, unless it is the last. */
export async function openUpload({ client, repository }: UploadTarget): Promise<{ location: URL; chunkBytes: number }> {
  const opened = await client.send({ method: 'POST', url: `/v2/${repository}/blobs/uploads/` })
  expectStatus(opened, 202)
  const asked = Number(opened.headers['oci-chunk-min-length'] ?? 0)
  return { location: locationOf(opened), chunkBytes: Math.max(asked, SMALLEST_CHUNK_BYTES) }
}

/** Sends one chunk, with the closing PUT if a digest is given. */
export function sendChunk(
  client: OciClient,
  location: URL,
  chunk: { readonly first: number; readonly bytes: Buffer; readonly closingWith?: string },
): Promise<OciResponse> {
  const range = { 'Content-Range': `${chunk.first}-${chunk.first + chunk.bytes.length - 1}` }
  if (chunk.closingWith !== undefined) {
    return closeUpload(client, location, chunk.closingWith, { bytes: chunk.bytes, headers: range })
  }
  return client.send({
    method: 'PATCH',
    url: location,
    headers: { ...OCTET_STREAM, ...range },
    body: chunk.bytes,
  })
}

/** Sends the PUT that names the digest. */
export function closeUpload(
  client: OciClient,
  location: URL,
  digest: string,
  rest: { readonly bytes?: Buffer; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<OciResponse> {
  const url = new URL(location)
  url.searchParams.set('digest', digest)
  return client.send({
    method: 'PUT',
    url,
    headers: { ...OCTET_STREAM, ...rest.headers },
    ...(rest.bytes === undefined ? {} : { body: rest.bytes }),
  })
}

async function uploadChunks(
  target: UploadTarget,
  { digest, bytes }: BlobContent,
  lastIn: 'PATCH' | 'PUT',
): Promise<OciResponse> {
  const { client } = target
  const opened = await openUpload(target)
  let { location } = opened
  for (let first = 0; first < bytes.length; first += opened.chunkBytes) {
    const chunk = bytes.subarray(first, first + opened.chunkBytes)
    const isLast = first + chunk.length === bytes.length
    if (isLast && lastIn === 'PUT') return sendChunk(client, location, { first, bytes: chunk, closingWith: digest })
    const patched = await sendChunk(client, location, { first, bytes: chunk })
    expectStatus(patched, 202)
    location = locationOf(patched)
  }
  return closeUpload(client, location, digest)
}
