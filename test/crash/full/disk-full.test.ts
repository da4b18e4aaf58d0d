import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { blobPath, createImageManifest, digestOf, hubPath, manifestPath, type PushedManifest } from '../content.ts'
import { createEveryWrite } from '../faults/every-write.ts'
import { expectRefusal } from '../faults/expect-refusal.ts'
import { basicAuthorization, createPushClient, type PushClient, type WireAnswer } from '../push-client.ts'
import { createSeededRandom } from '../seeded-random.ts'
import { ADMIN, spawnServer } from '../server-process.ts'
import { type ServerOnSmallDisk, startServerOnSmallDisk, throughSmallDisk } from './small-disk.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const KIB = 1024
const MIB = 1024 * KIB
const DISK_MIB = 24
const REPOSITORY = 'crash/full'
const UPLOADS = `/v2/${REPOSITORY}/blobs/uploads/`
const random = createSeededRandom(1)
const LAYER = random.bytes(MIB)
const TOO_LARGE = random.bytes(40 * MIB)

let disk: ServerOnSmallDisk
let client: PushClient
let image: PushedManifest

beforeEach(async () => {
  disk = await startServerOnSmallDisk(DISK_MIB)
  client = createPushClient({ url: disk.url, authorization: basicAuthorization(ADMIN) })
  await pushBlob(LAYER, 201)
  image = imageOf(LAYER, 'before')
  await pushManifest(image, 'before', 201)
  return async () => {
    client.close()
    await disk.close()
  }
})

function imageOf(layer: Buffer, note: string): PushedManifest {
  const blob = { repository: REPOSITORY, digest: digestOf(layer), size: layer.byteLength }
  return createImageManifest(REPOSITORY, [blob, blob], note)
}

function pushBlob(bytes: Buffer, status: number): Promise<WireAnswer> {
  return client.expect(status, { method: 'POST', path: `${UPLOADS}?digest=${digestOf(bytes)}`, body: bytes })
}

function pushManifest({ mediaType, bytes }: PushedManifest, tag: string, status: number): Promise<WireAnswer> {
  const headers = { 'Content-Type': mediaType }
  return client.expect(status, { method: 'PUT', path: manifestPath(REPOSITORY, tag), body: bytes, headers })
}

/** An upload session with some bytes in it. @returns its path. */
async function openUpload(bytes: Buffer): Promise<string> {
  const { headers } = await client.expect(202, { method: 'POST', path: UPLOADS })
  const path = headers.location ?? ''
  await client.expect(202, {
    method: 'PATCH',
    path,
    body: bytes,
    headers: { 'Content-Range': `0-${bytes.byteLength - 1}` },
  })
  return path
}

function expectNoRoom({ headers, body }: WireAnswer): void {
  expect(headers['content-type']).toBe('application/json')
  expect(JSON.parse(body.toString())).toEqual({
    errors: [{ code: 'STORAGE_FULL', message: expect.stringContaining('no room left') }],
  })
}

async function expectImageToBeServed(): Promise<void> {
  const manifest = await client.expect(200, { method: 'GET', path: manifestPath(REPOSITORY, 'before') })
  expect(digestOf(manifest.body)).toBe(image.digest)
  const layer = await client.expect(200, { method: 'GET', path: blobPath(REPOSITORY, digestOf(LAYER)) })
  expect(digestOf(layer.body)).toBe(digestOf(LAYER))
}

async function listTags(): Promise<unknown> {
  const { body } = await client.expect(200, { method: 'GET', path: `/v2/${REPOSITORY}/tags/list` })
  return JSON.parse(body.toString()).tags
}

async function listFiles(folder: 'blobs/blobs' | 'blobs/uploads'): Promise<string[]> {
  const entries = await readdir(join(disk.dataDir, folder), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

test('S61: a push that does not fit is refused with 507 and leaves nothing behind, however it is done', async () => {
  const digest = digestOf(TOO_LARGE)
  expectNoRoom(await pushBlob(TOO_LARGE, 507))

  const put = await client.expect(202, { method: 'POST', path: UPLOADS })
  const path = put.headers.location ?? ''
  expectNoRoom(await client.expect(507, { method: 'PUT', path: `${path}?digest=${digest}`, body: TOO_LARGE }))
  expectNoRoom(await client.expect(507, { method: 'PATCH', path, body: TOO_LARGE, framing: 'chunked' }))
  await client.expect(204, { method: 'DELETE', path })

  const chunks = await openUpload(TOO_LARGE.subarray(0, 4 * MIB))
  const rest = TOO_LARGE.subarray(4 * MIB)
  const headers = { 'Content-Range': `${4 * MIB}-${TOO_LARGE.byteLength - 1}` }
  expectNoRoom(await client.expect(507, { method: 'PATCH', path: chunks, body: rest, headers }))
  const status = await client.expect(204, { method: 'GET', path: chunks })
  expect(status.headers.range).toBe(`0-${4 * MIB - 1}`)
  await client.expect(204, { method: 'DELETE', path: chunks })

  await client.expect(404, { method: 'GET', path: blobPath(REPOSITORY, digest) })
  expect(await listFiles('blobs/uploads')).toEqual([])
  await expectImageToBeServed()
  await pushBlob(random.bytes(8 * MIB), 201)
})

test('S61: an upload that met a full disk goes on where it stood once there is room', async () => {
  const bytes = random.bytes(8 * MIB)
  const path = await openUpload(bytes.subarray(0, 4 * MIB))
  await disk.fill()
  const rest = { body: bytes.subarray(4 * MIB), path: `${path}?digest=${digestOf(bytes)}` }
  expectNoRoom(await client.expect(507, { method: 'PUT', ...rest }))

  await disk.free()
  await client.expect(201, { method: 'PUT', ...rest })
  const pulled = await client.expect(200, { method: 'GET', path: blobPath(REPOSITORY, digestOf(bytes)) })
  expect(digestOf(pulled.body)).toBe(digestOf(bytes))
})

test('S61: without a free byte pulls go on, pushes are refused, and giving up an upload makes room', async () => {
  const upload = await openUpload(random.bytes(4 * MIB))
  await disk.fill()

  await expectImageToBeServed()
  await client.expect(200, { method: 'GET', path: '/readyz' })
  await client.expect(204, { method: 'GET', path: upload })
  const small = random.bytes(64 * KIB)
  expectNoRoom(await pushBlob(small, 507))
  await client.expect(404, { method: 'GET', path: blobPath(REPOSITORY, digestOf(small)) })
  // The database has some room of its own; a large manifest takes more than that, and small ones use it up.
  expectNoRoom(await pushManifest(imageOf(LAYER, 'x'.repeat(3 * MIB)), 'large', 507))
  const tags = ['before']
  for (let number = 1; ; number++) {
    const tag = `small-${number}`
    const manifest = imageOf(LAYER, tag)
    const answer = await client.send({
      method: 'PUT',
      path: manifestPath(REPOSITORY, tag),
      body: manifest.bytes,
      headers: { 'Content-Type': manifest.mediaType },
    })
    if (answer.status !== 201) {
      expect(answer.status).toBe(507)
      expectNoRoom(answer)
      break
    }
    tags.push(tag)
  }
  expect(await listTags()).toEqual(tags.toSorted())

  await client.expect(204, { method: 'DELETE', path: upload })
  await pushBlob(small, 201)
  await pushManifest(imageOf(small, 'after'), 'after', 201)
  expect(await listTags()).toEqual([...tags, 'after'].toSorted())
  expect((await listFiles('blobs/blobs')).toSorted()).toEqual(
    [LAYER, small].map((bytes) => digestOf(bytes).replace('sha256:', '')).toSorted(),
  )
  expect(await listFiles('blobs/uploads')).toEqual([])
})

test('S61: every kind of write is refused on a full disk, leaves nothing, and works once there is room', async () => {
  const writes = createEveryWrite({ client, random, repository: REPOSITORY })
  const prepared = await Promise.all(
    // Giving up an upload is the only write that a full disk helps.
    writes.map(async (write) => ({ write, ...(await write.prepare()) })),
  )
  await disk.fill()
  // What room the database has left in its own files goes first.
  for (let status = 200; status === 200; ) {
    const body = Buffer.from(JSON.stringify({ readme: random.bytes(32 * KIB).toString('hex') }))
    const headers = { 'Content-Type': 'application/json' }
    status = (await client.send({ method: 'PATCH', path: hubPath(REPOSITORY), body, headers })).status
  }

  for (const { write, attempt, isVisible } of prepared) {
    const answer = await attempt()
    // A small change may fit where a large one did not.
    if (answer.status === write.status) continue
    expectRefusal(answer, 507, write.door)
    expect([write.name, await isVisible()]).toEqual([write.name, false])
  }
  await expectImageToBeServed()
  await client.expect(200, { method: 'GET', path: '/readyz' })

  await disk.free()
  for (const write of writes) {
    const { attempt } = await write.prepare()
    const answer = await attempt()
    expect(`${write.name} ${answer.status} ${answer.body.subarray(0, 300)}`).toMatch(`${write.name} ${write.status}`)
  }
})

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'S61: on a full disk a server that was ended by %s starts again and serves what is there',
  async (signal) => {
    await disk.fill()
    await disk.restart(signal)
    client.close()
    client = createPushClient({ url: disk.url, authorization: basicAuthorization(ADMIN) })
    await expectImageToBeServed()
    expectNoRoom(await pushBlob(random.bytes(64 * KIB), 507))
    await disk.free()
    await pushBlob(random.bytes(64 * KIB), 201)
  },
)

test('S61: a first start on a full disk ends with a sentence that says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-small-disk-'))
  const server = spawnServer({ dataDir: folder, through: throughSmallDisk(folder, 1, true) })
  expect(await server.ended).toBe(1)
  expect(server.output()).toMatch(/^kontor: .*(full|no space).*free/m)
  await rm(folder, { recursive: true })
})
