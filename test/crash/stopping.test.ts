import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, expect, test, vi } from 'vitest'
import { blobPath, digestOf } from './content.ts'
import { basicAuthorization, createPushClient } from './push-client.ts'
import { createSeededRandom } from './seeded-random.ts'
import { ADMIN, type ServerProcess, spawnServer } from './server-process.ts'

// Each test starts several servers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const MIB = 1024 * 1024
const random = createSeededRandom(1)
/** More than the buffers of a connection hold, so that it cannot have been sent before somebody reads it. */
const LARGE = random.bytes(32 * MIB)
const SMALL = random.bytes(2 * MIB)
const authorization = basicAuthorization(ADMIN)

let dataDir: string
let server: ServerProcess
let url: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kontor-stopping-'))
  await startServer()
  await push(LARGE)
  return async () => {
    server.signal('SIGKILL')
    await server.ended
    await rm(dataDir, { recursive: true, force: true })
  }
})

async function startServer(): Promise<void> {
  server = spawnServer({ dataDir })
  url = await server.listening
}

async function push(bytes: Buffer): Promise<void> {
  const client = createPushClient({ url, authorization })
  await client.expect(201, {
    method: 'POST',
    path: `/v2/crash/one/blobs/uploads/?digest=${digestOf(bytes)}`,
    body: bytes,
  })
  client.close()
}

/** What a new client gets for a blob: its digest, or the status. */
async function pull(bytes: Buffer): Promise<string | number> {
  const client = createPushClient({ url, authorization })
  const { status, body } = await client.send({ method: 'GET', path: blobPath('crash/one', digestOf(bytes)) })
  client.close()
  return status === 200 ? digestOf(body) : status
}

/** An upload of which the server has half and is waiting for the rest. */
async function beginUpload(bytes: Buffer): Promise<ClientRequest> {
  const upload = httpRequest(new URL(`/v2/crash/one/blobs/uploads/?digest=${digestOf(bytes)}`, url), {
    method: 'POST',
    agent: false,
    // The server's word that it is at work, before anything is sent.
    headers: { Authorization: authorization, 'Content-Length': bytes.byteLength, Expect: '100-continue' },
  })
  upload.flushHeaders()
  await once(upload, 'continue')
  upload.write(bytes.subarray(0, bytes.byteLength / 2))
  return upload
}

/** A download of which the head has come. */
async function beginDownload(bytes: Buffer): Promise<IncomingMessage> {
  const download = httpRequest(new URL(blobPath('crash/one', digestOf(bytes)), url), {
    agent: false,
    headers: { Authorization: authorization },
  })
  download.end()
  const [incoming]: IncomingMessage[] = await once(download, 'response')
  if (incoming === undefined) throw new Error('there was no response')
  return incoming
}

async function connectionRefused(): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate()
}

test('SIGTERM lets an upload and a download finish, takes no new ones, and ends with 0', async () => {
  const upload = await beginUpload(SMALL)
  const download = await beginDownload(LARGE)

  server.signal('SIGTERM')
  await waitUntil(connectionRefused)

  upload.end(SMALL.subarray(SMALL.byteLength / 2))
  const [uploaded]: IncomingMessage[] = await once(upload, 'response')
  expect(uploaded?.statusCode).toBe(201)
  const chunks: Buffer[] = []
  for await (const chunk of download) chunks.push(chunk)
  expect(digestOf(Buffer.concat(chunks))).toBe(digestOf(LARGE))
  expect(await server.ended).toBe(0)

  await startServer()
  expect(await pull(SMALL)).toBe(digestOf(SMALL))
  expect(await pull(LARGE)).toBe(digestOf(LARGE))
})

test('a second SIGTERM ends the server at once, and of what was under way nothing is visible', async () => {
  const upload = await beginUpload(SMALL)
  const cut = once(upload, 'error')

  server.signal('SIGTERM')
  await waitUntil(connectionRefused)
  const stopping = performance.now()
  let code: number | NodeJS.Signals | undefined
  void server.ended.then((ended) => {
    code = ended
  })
  // Two signals within a moment are one wish: npm passes on what the terminal has sent already.
  await waitUntil(() => {
    server.signal('SIGTERM')
    return code !== undefined
  })

  expect(code).toBe(143)
  // It would wait for the upload for 30 s.
  expect(performance.now() - stopping).toBeLessThan(10_000)
  await cut
  await startServer()
  expect(await pull(SMALL)).toBe(404)
  await push(SMALL)
  expect(await pull(SMALL)).toBe(digestOf(SMALL))
})
