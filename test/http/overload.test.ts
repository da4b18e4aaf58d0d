import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createSelfSignedCertificate } from '../support/self-signed-certificate.ts'

const MAX_CONNECTIONS = 8

let server: Kontor

beforeAll(async () => {
  server = await startKontor({ env: { KONTOR_HTTP__MAX_CONNECTIONS: String(MAX_CONNECTIONS) } })
  // The API is loaded at its first request. A server that is busy with that for a second takes connections for quiet
  // whose requests it has not come to yet.
  await ask('/api/v1/repositories')
})

afterAll(() => server.stop())

/** Connections on which the same was sent, once all are open. */
async function openConnections(count: number, text: string): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(Number(new URL(server.url).port), '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => {}).resume()
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  for (const socket of sockets) socket.write(text)
  return sockets
}

/** Requests whose bodies do not come: their connections are busy, and nobody can say when they will not be. */
function openBusyConnections(count: number): Promise<Socket[]> {
  const authorization = `Basic ${Buffer.from(`${server.username}:${server.password}`).toString('base64')}`
  return openConnections(
    count,
    `POST /api/v1/users HTTP/1.1\r\nHost: registry\r\nAuthorization: ${authorization}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n',
  )
}

function ask(path: string): Promise<Response> {
  return fetch(`${server.url}${path}`, { headers: { Connection: 'close' } })
}

test('with more busy connections than there may be, who asks is told when to come back; health checks are answered', async () => {
  let sockets: Socket[] = []
  const askBesideBusyOnes = async () => {
    // One that asks while somebody else does may itself be told to come back, and does.
    sockets = sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded)
    sockets.push(...(await openBusyConnections(MAX_CONNECTIONS - sockets.length)))
    return (await ask('/v2/')).status
  }
  await expect.poll(askBesideBusyOnes).toBe(503)

  const onTheWire = await ask('/v2/')
  expect(onTheWire.headers.get('retry-after')).toMatch(/^\d+$/)
  expect(await onTheWire.json()).toEqual({
    errors: [{ code: 'UNAVAILABLE', message: expect.stringContaining('try again') }],
  })
  const onTheHub = await ask('/api/v1/repositories')
  expect(onTheHub.status).toBe(503)
  expect(onTheHub.headers.get('retry-after')).toMatch(/^\d+$/)
  expect(onTheHub.headers.get('content-type')).toBe('application/problem+json')
  expect((await ask('/livez')).status).toBe(200)
  expect((await ask('/readyz')).status).toBe(200)

  for (const socket of sockets) socket.destroy()
  await expect.poll(async () => (await ask('/v2/')).status).toBe(401)
})

test('S49: a connection on which nothing is asked makes room for a new one', async () => {
  const sockets = await openConnections(2 * MAX_CONNECTIONS, 'GET /v2/ HTTP/1.1\r\n')
  await expect.poll(async () => (await ask('/v2/')).status, { timeout: 10_000 }).toBe(401)
  expect(sockets.some(({ destroyed, readableEnded }) => destroyed || readableEnded)).toBe(true)
  for (const socket of sockets) socket.destroy()
})

describe('another server', () => {
  let other: Kontor
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kontor-overload-'))
  })

  afterAll(() => rm(folder, { recursive: true }))
  afterEach(() => other.stop())

  test('takes only so many bytes of bodies that are read whole, and those that stand still make room', async () => {
    other = await startKontor()
    const head =
      'POST /token HTTP/1.1\r\nHost: registry\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
      'Content-Length: 1000000\r\n\r\n'
    const sockets = Array.from({ length: 60 }, () => connect(Number(new URL(other.url).port), '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => {}).write(head)
    const send = async (body: string) => (await fetch(`${other.url}/token`, { method: 'POST', body })).status
    await expect.poll(() => send('x'.repeat(900_000))).toBe(503)
    expect(await send('grant_type=none')).toBe(400)
    await expect.poll(() => send('x'.repeat(900_000)), { timeout: 20_000, interval: 500 }).toBe(400)
    for (const socket of sockets) socket.destroy()
  })

  test('counts connections over TLS like any others, and no longer when they have ended', async () => {
    const { cert, key } = createSelfSignedCertificate()
    const tls = { certFile: join(folder, 'tls.pem'), keyFile: join(folder, 'tls.key') }
    await writeFile(tls.certFile, cert)
    await writeFile(tls.keyFile, key)
    other = await startKontor({ tls, env: { KONTOR_HTTP__MAX_CONNECTIONS: '4' } })
    const askOnce = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = get(`${other.url}/v2/`, { agent: false, ca: cert }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode))
        })
        request.on('error', reject)
      })
    for (let count = 0; count < 20; count++) expect(await askOnce()).toBe(401)
    expect(await Promise.all(Array.from({ length: 20 }, askOnce))).toContain(503)
    await expect.poll(askOnce).toBe(401)
  })
})
