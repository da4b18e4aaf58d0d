import type { Digest } from '../../oci/digest.ts'
import { blobPath, digestOf } from './content.ts'
import type { Oracle } from './oracle.ts'
import type { PushClient } from './push-client.ts'
import type { SeededRandom } from './seeded-random.ts'

/** An upload session, as the client remembers it that wants to go on after an interruption. */
export interface OpenUpload {
  readonly repository: string
  /** Path of the session. */
  readonly location: string
  readonly bytes: Buffer
  readonly digest: Digest
  /** Bytes that were acknowledged. */
  acknowledgedBytes: number
  /** Bytes that were sent, maybe without an answer. */
  sentBytes: number
  /** Whether the last request was sent, after which the session may be gone. */
  isFinishing: boolean
}

/** What the ways of pushing a blob work with. */
export interface BlobPushParts {
  readonly client: PushClient
  readonly oracle: Oracle
  readonly random: SeededRandom
  /** Sessions are added when they are opened and removed when they have ended; what an interruption leaves is in here. */
  readonly openUploads: Set<OpenUpload>
}

type Push = (parts: BlobPushParts, repository: string, bytes: Buffer) => Promise<void>

/** Every way to push a blob that the distribution-spec knows. */
export const BLOB_PUSHES: readonly Push[] = [pushInOneRequest, pushInTwoRequests, pushInChunks, pushAsStream]

/** `POST ?digest=` with the whole blob. */
async function pushInOneRequest({ client, oracle }: BlobPushParts, repository: string, bytes: Buffer): Promise<void> {
  const digest = digestOf(bytes)
  const change = oracle.begin(new Map([[blobPath(repository, digest), digest]]))
  await client.expect(201, { method: 'POST', path: `/v2/${repository}/blobs/uploads/?digest=${digest}`, body: bytes })
  change.acknowledge()
}

/** `POST`, then `PUT` with the whole blob. */
async function pushInTwoRequests(parts: BlobPushParts, repository: string, bytes: Buffer): Promise<void> {
  await finishUpload(parts, await openUpload(parts, repository, bytes))
}

/** `POST`, numbered `PATCH`es with a look at the session in between, `PUT` with what is left or with nothing. */
async function pushInChunks(parts: BlobPushParts, repository: string, bytes: Buffer): Promise<void> {
  const upload = await openUpload(parts, repository, bytes)
  const chunks = parts.random.int(1, 4)
  const isLastInPut = parts.random.int(0, 1) === 1
  for (let chunk = 1; chunk <= chunks - (isLastInPut ? 1 : 0); chunk++) {
    await patch(parts.client, upload, Math.ceil((bytes.byteLength * chunk) / chunks), 'numbered')
    if (parts.random.int(0, 3) > 0) continue
    const offset = await findOffset(parts.client, upload)
    if (offset !== upload.acknowledgedBytes) {
      throw new Error(`${upload.location} stands at ${offset}; acknowledged were ${upload.acknowledgedBytes} bytes`)
    }
  }
  await finishUpload(parts, upload)
}

/** `POST`, one `PATCH` of unannounced length, `PUT` with nothing: what docker does. */
async function pushAsStream(parts: BlobPushParts, repository: string, bytes: Buffer): Promise<void> {
  const upload = await openUpload(parts, repository, bytes)
  await patch(parts.client, upload, bytes.byteLength, 'streamed')
  await finishUpload(parts, upload)
}

/** `PUT` with the bytes that are not acknowledged yet. */
async function finishUpload({ client, oracle, openUploads }: BlobPushParts, upload: OpenUpload): Promise<void> {
  const { repository, location, digest, bytes } = upload
  const change = oracle.begin(new Map([[blobPath(repository, digest), digest]]))
  upload.isFinishing = true
  upload.sentBytes = bytes.byteLength
  const rest = bytes.subarray(upload.acknowledgedBytes)
  await client.expect(201, { method: 'PUT', path: `${location}?digest=${digest}`, body: rest })
  change.acknowledge()
  openUploads.delete(upload)
}

/** Sends what is not acknowledged yet, by one request or by two. */
export async function goOn(parts: BlobPushParts, upload: OpenUpload): Promise<void> {
  const { acknowledgedBytes, bytes } = upload
  const patchesFirst = acknowledgedBytes < bytes.byteLength && parts.random.int(0, 1) === 1
  if (patchesFirst) await patch(parts.client, upload, bytes.byteLength, 'numbered')
  await finishUpload(parts, upload)
}

/** How far a session got by its own account, in bytes; undefined when there is no such session any more. */
export async function findOffset(client: PushClient, { location }: OpenUpload): Promise<number | undefined> {
  const answer = await client.send({ method: 'GET', path: location })
  if (answer.status === 404) return undefined
  const range = /^0-(\d+)$/.exec(answer.headers.range ?? '')
  if (answer.status !== 204 || range === null) {
    throw new Error(`GET ${location} → ${answer.status}, Range: ${answer.headers.range} ${answer.body}`)
  }
  // `0-0` is what an empty upload answers; no chunk of ours is one byte long.
  return range[1] === '0' ? 0 : Number(range[1]) + 1
}

async function openUpload(
  { client, openUploads }: BlobPushParts,
  repository: string,
  bytes: Buffer,
): Promise<OpenUpload> {
  const { headers } = await client.expect(202, { method: 'POST', path: `/v2/${repository}/blobs/uploads/` })
  const upload: OpenUpload = {
    repository,
    location: headers.location ?? '',
    bytes,
    digest: digestOf(bytes),
    acknowledgedBytes: 0,
    sentBytes: 0,
    isFinishing: false,
  }
  openUploads.add(upload)
  return upload
}

async function patch(
  client: PushClient,
  upload: OpenUpload,
  end: number,
  kind: 'numbered' | 'streamed',
): Promise<void> {
  const start = upload.acknowledgedBytes
  upload.sentBytes = end
  await client.expect(202, {
    method: 'PATCH',
    path: upload.location,
    body: upload.bytes.subarray(start, end),
    ...(kind === 'streamed'
      ? { framing: 'chunked' }
      : { headers: { 'Content-Range': `${start}-${end - 1}`, 'Content-Type': 'application/octet-stream' } }),
  })
  upload.acknowledgedBytes = end
}
