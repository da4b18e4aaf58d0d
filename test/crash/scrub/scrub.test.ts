import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { blobFile, DAMAGES, damageBlob } from '../../support/scrub.ts'
import { blobPath, createImageManifest, createIndex, digestOf, manifestPath, type PushedManifest } from '../content.ts'
import { basicAuthorization, createPushClient, type PushClient } from '../push-client.ts'
import { createSeededRandom } from '../seeded-random.ts'
import { ADMIN, type ServerProcess, spawnServer } from '../server-process.ts'
import { readDamages, startScrub } from './scrub-command.ts'

const MIB = 1024 * 1024
const REPOSITORY = 'acme/app'
const random = createSeededRandom(1)

let dataDir: string
let server: ServerProcess
let client: PushClient

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kontor-scrub-'))
  await startServer()
  return async () => {
    await stopServer('SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  }
})

async function startServer(): Promise<void> {
  server = spawnServer({ dataDir })
  client = createPushClient({ url: await server.listening, authorization: basicAuthorization(ADMIN) })
}

async function stopServer(signal: NodeJS.Signals): Promise<void> {
  client.close()
  server.signal(signal)
  await server.ended
}

async function pushBlob(bytes: Buffer): Promise<void> {
  const path = `/v2/${REPOSITORY}/blobs/uploads/?digest=${digestOf(bytes)}`
  await client.expect(201, { method: 'POST', path, body: bytes })
}

async function pushManifest({ mediaType, bytes, digest }: PushedManifest, tag: string = digest): Promise<void> {
  const headers = { 'Content-Type': mediaType }
  await client.expect(201, { method: 'PUT', path: manifestPath(REPOSITORY, tag), body: bytes, headers })
}

/** An image of one layer, under a tag, and what was pushed. */
async function pushImage(tag: string, layer = random.bytes(20_000)) {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', tag }))
  for (const bytes of [config, layer]) await pushBlob(bytes)
  const [first, second] = [config, layer].map((bytes) => ({
    repository: REPOSITORY,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  }))
  if (first === undefined || second === undefined) throw new Error('an image has a config and a layer')
  const manifest = createImageManifest(REPOSITORY, [first, second], tag)
  await pushManifest(manifest, tag)
  return { manifest, layer, config, layerDigest: second.digest, configDigest: first.digest }
}

async function pullBlob(bytes: Buffer): Promise<number | string> {
  const { status, body } = await client.send({ method: 'GET', path: blobPath(REPOSITORY, digestOf(bytes)) })
  return status === 200 ? digestOf(body) : status
}

async function readScrub() {
  const { body } = await client.expect(200, { method: 'GET', path: '/api/v1/scrub' })
  return JSON.parse(body.toString()).scrub
}

/** Waits until the server has read so many bytes of blobs. */
async function hasRead(bytes: number): Promise<void> {
  await vi.waitFor(
    async () => {
      if (((await readScrub())?.blobBytes ?? 0) < bytes) throw new Error(`it has not read ${bytes} bytes`)
    },
    { timeout: 60_000, interval: 50 },
  )
}

describe.each(['with the server running', 'with no server'])('a scrub %s', (circumstances) => {
  const isOnline = circumstances === 'with the server running'

  test('names exactly what is damaged and what needs it, and re-pushes heal that', async () => {
    const images = []
    for (const damage of Object.values(DAMAGES)) images.push({ damage, ...(await pushImage(`v${images.length}`)) })
    const [swapped, other] = [await pushImage('swapped'), await pushImage('other')]
    const child = await pushImage('child')
    await pushManifest(createIndex(REPOSITORY, [child.manifest], 'index'), 'multi')
    const whole = []
    for (let number = 0; number < 10; number++) whole.push(await pushImage(`whole-${number}`))

    for (const { layerDigest, damage } of images) await damageBlob(dataDir, layerDigest, damage)
    const [bytes, otherBytes] = [swapped.layer, other.layer]
    await damageBlob(dataDir, swapped.layerDigest, () => otherBytes)
    await damageBlob(dataDir, other.layerDigest, () => bytes)
    await damageBlob(dataDir, child.configDigest)
    const expected = new Map([
      ...images.map(
        ({ layerDigest, manifest }, number) => [layerDigest, useOf(manifest, 'layer', `v${number}`)] as const,
      ),
      [swapped.layerDigest, useOf(swapped.manifest, 'layer', 'swapped')],
      [other.layerDigest, useOf(other.manifest, 'layer', 'other')],
      [child.configDigest, useOf(child.manifest, 'config', 'child, multi')],
    ])

    if (!isOnline) await stopServer('SIGTERM')
    const scrub = startScrub(dataDir, '--rate', '4MiB/s')
    let isOver = false
    void scrub.ended.then(() => {
      isOver = true
    })
    // Everything else goes on being served, and pushed.
    let served = 0
    while (isOnline && !isOver) {
      for (const { layer } of whole) expect(await pullBlob(layer)).toBe(digestOf(layer))
      await pushImage(`meanwhile-${served}`, random.bytes(1000))
      served++
    }
    expect(await scrub.ended, scrub.stderr()).toBe(3)
    if (isOnline) expect(served).toBeGreaterThan(3)
    expect(readDamages(scrub.stdout())).toEqual(new Map([...expected].map(([digest, use]) => [digest, [use]])))

    if (!isOnline) await startServer()
    for (const { layer } of [...images, swapped, other]) {
      expect(await pullBlob(layer)).toBe(404)
      await pushBlob(layer)
      expect(await pullBlob(layer)).toBe(digestOf(layer))
      expect(digestOf(await readFile(blobFile(dataDir, digestOf(layer))))).toBe(digestOf(layer))
    }
    await pushBlob(child.config)
    if (!isOnline) await stopServer('SIGTERM')
    const again = startScrub(dataDir, '--rate', 'unlimited')
    expect(await again.ended, again.stderr()).toBe(0)
    expect(again.stdout()).toBe('')
    if (!isOnline) await startServer()
  })

  test('goes on where it was after it was interrupted', async () => {
    const layers = Array.from({ length: 10 }, () => random.bytes(MIB))
    for (const layer of layers) await pushBlob(layer)
    if (!isOnline) await stopServer('SIGTERM')

    const first = startScrub(dataDir, '--rate', '2MiB/s')
    await vi.waitFor(() => expect(first.stderr()).toContain('kontor: scrubbing'), { timeout: 30_000 })
    if (isOnline) await hasRead(3 * MIB)
    else await vi.waitFor(() => expect(bytesReadOffline()).toBeGreaterThan(3 * MIB), { timeout: 30_000 })
    first.signal('SIGINT')
    expect(await first.ended, first.stderr()).toBe(130)
    expect(first.stderr()).toContain('kontor: paused; the next call of this command goes on from here')

    const second = startScrub(dataDir, '--rate', 'unlimited')
    expect(await second.ended, second.stderr()).toBe(0)
    expect(second.stderr()).toContain('kontor: going on with the scrub that was not finished')
    if (!isOnline) await startServer()
    const { blobs, blobBytes } = await readScrub()
    expect(blobs).toBe(10)
    // What was being read when it was interrupted is read again, no more.
    expect(blobBytes).toBeGreaterThanOrEqual(10 * MIB)
    expect(blobBytes).toBeLessThanOrEqual(12 * MIB)
  })
})

function useOf({ digest }: PushedManifest, role: string, tags: string): string {
  return `${REPOSITORY}@${digest}, as ${role}: tags ${tags}`
}

/** As the scrub has stored it, without a server that could be asked. */
function bytesReadOffline(): number {
  const db = new SqliteDatabase(join(dataDir, 'kontor.db'), { readonly: true })
  try {
    return Number(db.prepare('SELECT blob_bytes FROM scrub ORDER BY id DESC').pluck().get() ?? 0)
  } finally {
    db.close()
  }
}

test('a server that was killed in the middle goes on with the scrub when it is started again', async () => {
  const layers = Array.from({ length: 10 }, () => random.bytes(MIB))
  for (const layer of layers) await pushBlob(layer)
  const last = layers.map(digestOf).sort().at(-1) ?? ''
  await damageBlob(dataDir, last)
  const command = startScrub(dataDir, '--rate', '2MiB/s')
  await hasRead(3 * MIB)
  await stopServer('SIGKILL')

  await startServer()
  // The one who watched has not noticed.
  expect(await command.ended, command.stderr()).toBe(3)
  expect([...readDamages(command.stdout()).keys()]).toEqual([last])
  const { blobs, blobBytes, state } = await readScrub()
  expect({ blobs, state }).toEqual({ blobs: 10, state: 'finished' })
  // At most a second of work is done again; and the damaged one was read twice.
  expect(blobBytes).toBeLessThanOrEqual(15 * MIB)
})

test('a scrub reads no faster than it is told, and a command that is killed leaves the server at it', async () => {
  for (let number = 0; number < 12; number++) await pushBlob(random.bytes(MIB))
  const command = startScrub(dataDir, '--rate', '4MiB/s')
  await hasRead(MIB)
  command.signal('SIGKILL')
  await command.ended
  await vi.waitFor(async () => expect((await readScrub()).state).toBe('finished'), { timeout: 60_000, interval: 100 })
  const { startedAt, finishedAt, blobBytes } = await readScrub()
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
  expect(blobBytes).toBe(12 * MIB)
  expect(seconds).toBeGreaterThan(2.9)
  expect(seconds).toBeLessThan(15)
})

test('a scrub says what is wrong with how it was called', async () => {
  const wrongRate = startScrub(dataDir, '--rate', 'fast')
  expect(await wrongRate.ended).toBe(2)
  expect(wrongRate.stderr()).toBe('kontor: fast is no rate; give --rate as in 50MiB/s, at least 1MiB/s, or unlimited\n')
  const wrongFolder = startScrub(join(dataDir, 'elsewhere'))
  expect(await wrongFolder.ended).toBe(1)
  expect(wrongFolder.stderr()).toMatch(/^kontor: there is no registry in the data folder .+ \(--data-dir\)\n$/)
})
