import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { blobPath, createImageManifest, digestOf, manifestPath } from '../content.ts'
import { basicAuthorization, createPushClient } from '../push-client.ts'
import { createSeededRandom } from '../seeded-random.ts'
import { ADMIN, type ServerProcess, spawnServer } from '../server-process.ts'
import { type Flood, type FloodBehaviour, startFlood } from './flood.ts'
import { type ProbeAnswer, probe } from './probe.ts'

const CLIENTS = 2000
const CLOSED_LOOP = new URL('closed-loop.mjs', import.meta.url).pathname
const LIMIT_MB = 250
/** What anybody waits for an answer beside the load, mostly and at most, on a machine that makes the load as well. */
const USUAL_MS = 2000
const LONGEST_MS = 15_000

const REPOSITORY = 'crash/overload'
const MANIFEST = manifestPath(REPOSITORY, 'v1')
const UPLOADS = `/v2/${REPOSITORY}/blobs/uploads/`
const authorization = basicAuthorization(ADMIN)
const random = createSeededRandom(1)
const LAYER = random.bytes(12 * 1024 * 1024)
const LAYER_DIGEST = digestOf(LAYER)
const LAYER_PATH = blobPath(REPOSITORY, LAYER_DIGEST)

let folder: string
let server: ServerProcess
let url: string
let flood: Flood | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-overload-'))
  return () => rm(folder, { recursive: true })
})

afterEach(async () => {
  flood?.end()
  server.signal('SIGTERM')
  expect(await server.ended).toBe(0)
})

async function start(options: { readonly env?: Record<string, string>; readonly through?: readonly string[] } = {}) {
  const { env = {}, through = [] } = options
  const quiet = { KONTOR_LOG__ACCESS: 'false', KONTOR_HTTP__DRAIN_SECONDS: '1' }
  server = spawnServer({ dataDir: folder, env: { ...quiet, ...env }, through })
  url = await server.listening
  const client = createPushClient({ url, authorization })
  await client.expect(201, { method: 'POST', path: `${UPLOADS}?digest=${LAYER_DIGEST}`, body: LAYER })
  const blob = { repository: REPOSITORY, digest: LAYER_DIGEST, size: LAYER.byteLength }
  const { bytes, mediaType } = createImageManifest(REPOSITORY, [blob, blob], 'v1')
  await client.expect(201, { method: 'PUT', path: MANIFEST, body: bytes, headers: { 'Content-Type': mediaType } })
  client.close()
}

async function unleash(behaviour: FloodBehaviour, count = CLIENTS): Promise<Flood> {
  flood = await startFlood(url, count, behaviour)
  return flood
}

function head(method: string, path: string, headers: readonly string[] = []): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: registry', `Authorization: ${authorization}`, ...headers, '', ''].join(
    '\r\n',
  )
}

/** A push of a blob that nobody has; done again as long as the server says when to come back. */
async function pushPatiently(): Promise<ProbeAnswer> {
  const body = random.bytes(100_000)
  const startedAt = performance.now()
  for (;;) {
    const path = `${url}${UPLOADS}?digest=${digestOf(body)}`
    const answer = await probe(path, { method: 'POST', headers: { authorization }, body })
    if (answer.status !== 503) return { ...answer, ms: performance.now() - startedAt }
    await setTimeout(Number(answer.retryAfter) * 1000)
  }
}

/** Looks at the server for some seconds as supervisors and other clients do, each time with a new connection. */
async function expectToBeServed(seconds = 4): Promise<void> {
  // While thousands connect at once, nobody is quick.
  expect((await probe(`${url}/livez`, {})).ms).toBeLessThan(LONGEST_MS)
  const until = performance.now() + seconds * 1000
  const times: number[] = []
  while (performance.now() < until) {
    const answers = await Promise.all([
      probe(`${url}/livez`, {}),
      probe(`${url}/readyz`, {}),
      probe(`${url}${MANIFEST}`, { headers: { authorization } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    times.push(...answers.map(({ ms }) => ms))
    await setTimeout(100)
  }
  times.sort((one, other) => one - other)
  expect(times[Math.floor(times.length / 2)]).toBeLessThan(USUAL_MS)
  expect(times.at(-1)).toBeLessThan(LONGEST_MS)
}

/** The most memory that the server ever had resident, by the kernel's own account. */
async function peakMemoryMb(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1_000_000
}

test('2,000 clients that never end the head of their request keep nobody else waiting', async () => {
  await start()
  await unleash({ first: () => ['GET /v2/ HTTP/1.1\r\nHost: registry\r\n'], everySecond: 'X-More: 1\r\n' })
  await expectToBeServed()
  expect((await pushPatiently()).status).toBe(201)
  expect(await peakMemoryMb()).toBeLessThan(LIMIT_MB)
})

test('2,000 clients that send blobs byte by byte take no place from those who send properly', async () => {
  await start()
  const { answers, closed } = await unleash({
    first: () => [head('POST', `${UPLOADS}?digest=${LAYER_DIGEST}`, ['Content-Length: 10000000']), 'x'.repeat(1000)],
    everySecond: 'x'.repeat(500),
  })
  await expectToBeServed(6)
  const { status, ms } = await pushPatiently()
  expect(status).toBe(201)
  expect(ms).toBeLessThan(10_000)
  expect([...answers.keys()]).toEqual(['503'])
  expect(closed()).toBeGreaterThan(0)
  expect(await peakMemoryMb()).toBeLessThan(LIMIT_MB)
})

test('2,000 clients that never read what they pull keep nobody else waiting', async () => {
  await start()
  // Of a few a large blob, of the others a part of it: what is not read is kept by the kernel, on this machine twice,
  // and of all that it would drop packets of anybody.
  const part = head('GET', LAYER_PATH, ['Range: bytes=0-199999'])
  await unleash({ first: (number) => [number % 10 === 0 ? head('GET', LAYER_PATH) : part], reads: false })
  await expectToBeServed()
  expect((await probe(`${url}${LAYER_PATH}`, { headers: { authorization } })).status).toBe(200)
  expect((await pushPatiently()).status).toBe(201)
  expect(await peakMemoryMb()).toBeLessThan(LIMIT_MB)
})

test('200 clients that stop shortly before the end of a large manifest do not fill the memory', async () => {
  await start()
  const headers = ['Content-Type: application/vnd.oci.image.manifest.v1+json', 'Content-Length: 4000000']
  const body = Buffer.alloc(3_900_000, ' ')
  const { answers } = await unleash(
    { first: (number) => [head('PUT', manifestPath(REPOSITORY, `t${number}`), headers), body] },
    200,
  )
  await expectToBeServed()
  expect([...answers.keys()]).toEqual(['503'])
  expect(await peakMemoryMb()).toBeLessThan(LIMIT_MB)
})

test('2,000 clients that ask again as soon as they are answered are all served, and so are others', async () => {
  await start()
  const request = head('GET', MANIFEST)
  const clients = spawn(process.execPath, [CLOSED_LOOP, new URL(url).port, String(CLIENTS), JSON.stringify(request)])
  try {
    await expect.poll(() => countAnswers('200'), { timeout: 30_000 }).toBeGreaterThan(CLIENTS)
    await expectToBeServed()
  } finally {
    clients.kill('SIGKILL')
    await once(clients, 'close')
  }
  expect(await countAnswers('503')).toBe(0)
  expect(await peakMemoryMb()).toBeLessThan(LIMIT_MB)
})

/** Answers to requests for manifests, by the server's own account. */
async function countAnswers(status: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization } })
  const line = new RegExp(
    `^kontor_http_requests_total\\{route="[^"]*manifest[^"]*",method="GET",status="${status}"\\} (\\d+)$`,
    'm',
  )
  return Number(line.exec(await response.text())?.[1] ?? 0)
}

test('of 300 pushes under way at once those that are too many are told when to come back, and the others go on', async () => {
  await start()
  const blobs = Array.from({ length: 300 }, () => random.bytes(20_000))
  const paths = blobs.map((bytes) => `${UPLOADS}?digest=${digestOf(bytes)}`)
  // None ends before all have begun, however slow the machine.
  const { answers, send } = await unleash(
    {
      first: (number) => [
        head('POST', paths[number] ?? '', ['Content-Length: 20000']),
        blobs[number]?.subarray(0, -1) ?? '',
      ],
    },
    300,
  )
  await expect.poll(() => Object.fromEntries(answers)).toEqual({ 503: 100 })
  send((number) => blobs[number]?.subarray(-1) ?? '')
  await expect.poll(() => Object.fromEntries(answers)).toEqual({ 201: 200, 503: 100 })
  expect((await pushPatiently()).status).toBe(201)
})

test('2,000 pushes at once are all answered, some with when to come back, and nothing breaks', async () => {
  await start()
  const blobs = Array.from({ length: CLIENTS }, () => random.bytes(200_000))
  const paths = blobs.map((bytes) => `${UPLOADS}?digest=${digestOf(bytes)}`)
  const { answers } = await unleash({
    first: (number) => [head('POST', paths[number] ?? '', ['Content-Length: 200000']), blobs[number] ?? ''],
  })
  await expect
    .poll(() => [...answers.values()].reduce((sum, count) => sum + count, 0), { timeout: 60_000 })
    .toBe(CLIENTS)
  // Where they come more slowly than they are written, none is too many.
  expect([...answers.keys()].filter((status) => status !== '201' && status !== '503')).toEqual([])
  expect((await pushPatiently()).status).toBe(201)
  expect(await peakMemoryMb()).toBeLessThan(LIMIT_MB)
})

test('a server that may open no more files goes on with those it has, and recovers', async () => {
  await start({ through: ['prlimit', '--nofile=150:150'], env: { KONTOR_HTTP__MAX_CONNECTIONS: '10000' } })
  const client = createPushClient({ url, authorization })
  await client.expect(200, { method: 'GET', path: '/livez' })
  const { closed, end } = await unleash({ first: () => [] }, 400)
  await expect.poll(closed, { timeout: 10_000 }).toBeGreaterThan(200)
  const refused = await client.expect(503, { method: 'GET', path: LAYER_PATH })
  expect(refused.headers['retry-after']).toMatch(/^\d+$/)
  expect(refused.body.toString()).toContain('files open')
  await client.expect(200, { method: 'GET', path: '/livez' })
  end()
  await expect.poll(async () => (await client.send({ method: 'GET', path: LAYER_PATH })).status).toBe(200)
  client.close()
  expect((await probe(`${url}/livez`, {})).status).toBe(200)
})
