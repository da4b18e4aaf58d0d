import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'

const CHUNK_BYTES = 64 * 1024
/** Slow clients move this much at a time. */
const SIP_BYTES = 16 * 1024

/** Pushes and pulls blobs that are made up as they are sent and thrown away as they come. */
export interface BlobClient {
  /** Pushes a blob as docker does: `POST`, one streamed `PATCH`, `PUT`. @returns its digest. */
  push(bytes: number, number: number): Promise<string>
  /** Pulls a blob. @throws Error when it has another size. */
  pull(digest: string, bytes: number): Promise<void>
  /** Pulls a blob at so many bytes a second, for so many seconds, and goes away. */
  pullSlowly(digest: string, bytesPerSecond: number, seconds: number): Promise<void>
  /** Sends a blob at so many bytes a second, for so many seconds, and goes away. */
  pushSlowly(bytesPerSecond: number, seconds: number): Promise<void>
  close(): void
}

const random = randomFillSync(Buffer.alloc(16 * 1024 * 1024))

export function createBlobClient(server: {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly repository: string
}): BlobClient {
  const agent = new Agent({ keepAlive: true })
  const authorization = `Basic ${Buffer.from(`${server.username}:${server.password}`).toString('base64')}`
  const blobs = `/v2/${server.repository}/blobs`

  function begin(method: string, path: string): ClientRequest {
    const request = httpRequest(new URL(path, server.url), { method, agent, headers: { Authorization: authorization } })
    // Whoever waits for the response is told; nobody else needs to be.
    request.on('error', () => {})
    return request
  }

  async function openUpload(): Promise<string> {
    const { headers } = await finish(begin('POST', `${blobs}/uploads/`), 202)
    return headers.location ?? ''
  }

  async function beginPull(digest: string): Promise<IncomingMessage> {
    return head(begin('GET', `${blobs}/${digest}`).end(), 200)
  }

  return {
    async push(bytes, number) {
      const location = await openUpload()
      const patch = begin('PATCH', location)
      const hash = createHash('sha256')
      for (const chunk of content(bytes, number)) {
        hash.update(chunk)
        if (!patch.write(chunk)) await once(patch, 'drain')
      }
      await finish(patch, 202)
      const digest = `sha256:${hash.digest('hex')}`
      await finish(begin('PUT', `${location}?digest=${digest}`), 201)
      return digest
    },
    async pull(digest, bytes) {
      let received = 0
      for await (const chunk of await beginPull(digest)) received += chunk.length
      if (received !== bytes) throw new Error(`${digest} came with ${received} bytes, not ${bytes}`)
    },
    async pullSlowly(digest, bytesPerSecond, seconds) {
      const incoming = await beginPull(digest)
      incoming.on('error', () => {})
      await slowly(bytesPerSecond, seconds, () => incoming.read(SIP_BYTES))
      incoming.destroy()
    },
    async pushSlowly(bytesPerSecond, seconds) {
      const patch = begin('PATCH', await openUpload())
      await slowly(bytesPerSecond, seconds, () => patch.write(random.subarray(0, SIP_BYTES)))
      patch.destroy()
    },
    close: () => agent.destroy(),
  }
}

/** So many bytes, in chunks, that begin with a number: no two are the same blob, and none can be compressed. */
function* content(bytes: number, number: number): Iterable<Buffer> {
  const first = Buffer.from(random.subarray(0, Math.min(bytes, CHUNK_BYTES)))
  first.writeUInt32BE(number)
  yield first
  for (let position = CHUNK_BYTES; position < bytes; position += CHUNK_BYTES) {
    const start = position % random.byteLength
    yield random.subarray(start, start + Math.min(CHUNK_BYTES, bytes - position))
  }
}

async function slowly(bytesPerSecond: number, seconds: number, sip: () => unknown): Promise<void> {
  const sips = (bytesPerSecond * seconds) / SIP_BYTES
  for (let count = 0; count < sips; count++) {
    sip()
    await setTimeout((seconds * 1000) / sips)
  }
}

/** Ends a request and reads the whole answer. */
async function finish(request: ClientRequest, status: number): Promise<IncomingMessage> {
  const incoming = await head(request.end(), status)
  for await (const _ of incoming);
  return incoming
}

async function head(request: ClientRequest, status: number): Promise<IncomingMessage> {
  const [incoming]: IncomingMessage[] = await once(request, 'response')
  if (incoming?.statusCode === status) return incoming
  throw new Error(`${request.method} ${request.path} → ${incoming?.statusCode}; ${status} was expected`)
}
