import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { blobPath, createImageManifest, digestOf, manifestPath, type PushedManifest } from '../content.ts'
import { findDataFolderProblems } from '../data-folder-problems.ts'
import { basicAuthorization, createPushClient, type PushClient } from '../push-client.ts'
import { createSeededRandom } from '../seeded-random.ts'
import { ADMIN } from '../server-process.ts'
import { createEveryWrite, type Write } from './every-write.ts'
import { expectRefusal, type RefusalStatus } from './expect-refusal.ts'
import { type Fault, type ServerOnFailingDisk, startServerOnFailingDisk } from './failing-disk.ts'

const REPOSITORY = 'crash/faults'
const UPLOADS = `/v2/${REPOSITORY}/blobs/uploads/`
const random = createSeededRandom(1)
const LAYER = random.bytes(300_000)

/** What can go wrong, and which writes notice. */
const FAULTS: readonly (Fault & {
  readonly what: string
  readonly status: RefusalStatus
  readonly hits: readonly Write['name'][]
})[] = [
  {
    what: 'writing bytes of a blob fails',
    ...{ call: 'write', path: '/blobs/uploads/', error: 'EIO', status: 503 },
    hits: ['blob', 'chunk', 'end', 'import'],
  },
  {
    what: 'the quota for blobs is used up',
    ...{ call: 'write', path: '/blobs/uploads/', error: 'EDQUOT', status: 507 },
    hits: ['blob', 'chunk', 'end', 'import'],
  },
  {
    what: 'the folder of blobs is read-only',
    ...{ call: 'create', path: '/blobs/uploads/', error: 'EROFS', status: 503 },
    hits: ['blob', 'start', 'import'],
  },
  {
    what: 'no more files can be opened',
    ...{ call: 'open', path: '/blobs/uploads/', error: 'EMFILE', status: 503 },
    hits: ['blob', 'start', 'chunk', 'end', 'import'],
  },
  {
    what: 'syncing the bytes of a blob fails',
    ...{ call: 'sync', path: '/blobs/uploads/', error: 'EIO', status: 503 },
    hits: ['blob', 'end', 'import'],
  },
  {
    what: 'moving a blob to its name fails',
    ...{ call: 'rename', path: '/blobs/blobs/', error: 'EIO', status: 503 },
    hits: ['blob', 'end', 'import'],
  },
  {
    what: 'syncing the name of a blob fails',
    ...{ call: 'sync', path: '/blobs/blobs/', error: 'EIO', status: 503 },
    hits: ['blob', 'end', 'import'],
  },
  {
    what: 'writing to the database fails',
    ...{ call: 'write', path: 'kontor.db', error: 'EIO', status: 503 },
    hits: ['blob', 'start', 'end', 'manifest', 'untag', 'import', 'describe', 'user'],
  },
  {
    what: 'the database is on a read-only disk',
    ...{ call: 'write', path: 'kontor.db', error: 'EROFS', status: 503 },
    hits: ['blob', 'start', 'end', 'manifest', 'untag', 'import', 'describe', 'user'],
  },
  {
    what: 'the database has no room',
    ...{ call: 'write', path: 'kontor.db', error: 'ENOSPC', status: 507 },
    hits: ['blob', 'start', 'end', 'manifest', 'untag', 'import', 'describe', 'user'],
  },
  {
    what: 'syncing the log of the database fails',
    ...{ call: 'sync', path: 'kontor.db-wal', error: 'EIO', status: 503 },
    hits: ['blob', 'end', 'manifest', 'untag', 'import', 'describe', 'user'],
  },
]

let disk: ServerOnFailingDisk
let client: PushClient
let image: PushedManifest
let writes: readonly Write[]

beforeAll(async () => {
  disk = await startServerOnFailingDisk()
  client = createPushClient({ url: disk.url, authorization: basicAuthorization(ADMIN) })
  writes = createEveryWrite({ client, random, repository: REPOSITORY })
  await client.expect(201, { method: 'POST', path: `${UPLOADS}?digest=${digestOf(LAYER)}`, body: LAYER })
  const blob = { repository: REPOSITORY, digest: digestOf(LAYER), size: LAYER.byteLength }
  image = createImageManifest(REPOSITORY, [blob, blob], 'before')
  await pushTag('before')
})

afterEach(() => disk.mend())

afterAll(async () => {
  client.close()
  await disk.stop()
  expect(await findDataFolderProblems(disk.dataDir)).toEqual([])
  await disk.remove()
})

async function pushTag(tag: string, status = 201) {
  const headers = { 'Content-Type': image.mediaType }
  const path = manifestPath(REPOSITORY, tag)
  return client.expect(status, { method: 'PUT', path, body: image.bytes, headers })
}

async function expectImageToBeServed(): Promise<void> {
  const manifest = await client.expect(200, { method: 'GET', path: manifestPath(REPOSITORY, 'before') })
  expect(digestOf(manifest.body)).toBe(image.digest)
  const layer = await client.expect(200, { method: 'GET', path: blobPath(REPOSITORY, digestOf(LAYER)) })
  expect(digestOf(layer.body)).toBe(digestOf(LAYER))
  await client.expect(200, { method: 'GET', path: '/readyz' })
}

describe.each(FAULTS)('when $what ($error)', ({ hits, status, ...fault }) => {
  test.each(hits)(
    '%s is refused and leaves nothing, pulls go on, and it works again once that is over',
    async (name) => {
      const write = writes.find((each) => each.name === name)
      if (write === undefined) throw new Error(`there is no write called ${name}`)
      const prepared = await write.prepare()

      await disk.fail(fault)
      expectRefusal(await prepared.attempt(), status, write.door)
      expect(await prepared.isVisible()).toBe(false)
      await expectImageToBeServed()
      await disk.mend()

      expect(await prepared.isVisible()).toBe(false)
      const again = await write.prepare()
      const answer = await again.attempt()
      expect(`${answer.status} ${answer.body}`).toMatch(new RegExp(`^${write.status}`))
      if (name !== 'start') expect(await again.isVisible()).toBe(true)
      expect(await listUploads()).toBeLessThanOrEqual(await countSessions())
    },
  )
})

async function listUploads(): Promise<number> {
  return (await readdir(join(disk.dataDir, 'blobs', 'uploads'))).length
}

/** Uploads that somebody could still go on with. */
async function countSessions(): Promise<number> {
  const db = new SqliteDatabase(join(disk.dataDir, 'kontor.db'), { readonly: true })
  try {
    return Number(db.prepare('SELECT count(*) FROM upload_session').pluck().get())
  } finally {
    db.close()
  }
}

test('bytes that a sync has lost are not synced again: their upload is gone, and the client sends them anew', async () => {
  const bytes = random.bytes(200_000)
  const { headers } = await client.expect(202, { method: 'POST', path: UPLOADS })
  const path = headers.location ?? ''
  await client.expect(202, { method: 'PATCH', path, body: bytes })
  const before = await listUploads()

  await disk.fail({ call: 'sync', path: '/blobs/uploads/', error: 'EIO' })
  const end = { method: 'PUT', path: `${path}?digest=${digestOf(bytes)}` } as const
  expectRefusal(await client.send(end), 503, 'wire')
  await disk.mend()

  await client.expect(404, end)
  expect(await listUploads()).toBe(before - 1)
  await client.expect(404, { method: 'GET', path: blobPath(REPOSITORY, digestOf(bytes)) })
})

test('a sync that fails in the middle of a large chunk ends its upload too', async () => {
  const { headers } = await client.expect(202, { method: 'POST', path: UPLOADS })
  const path = headers.location ?? ''
  await disk.fail({ call: 'sync', path: '/blobs/uploads/', error: 'EIO' })
  expectRefusal(await client.send({ method: 'PATCH', path, body: random.bytes(70 * 1024 * 1024) }), 503, 'wire')
  await disk.mend()
  await client.expect(404, { method: 'GET', path })
})

test('a blob that cannot be opened is refused with 503, one that cannot be read breaks off; both can be pulled later', async () => {
  const path = blobPath(REPOSITORY, digestOf(LAYER))
  await disk.fail({ call: 'open', path: '/blobs/blobs/', error: 'EIO' })
  expectRefusal(await client.send({ method: 'GET', path }), 503, 'wire')
  await disk.fail({ call: 'read', path: '/blobs/blobs/', error: 'EIO' })
  await expect(client.send({ method: 'GET', path })).rejects.toThrow('got no answer')
  await disk.mend()
  await expectImageToBeServed()
})

test('what the database cannot read is refused with 503, not said to be absent', async () => {
  const blob = { repository: REPOSITORY, digest: digestOf(LAYER), size: LAYER.byteLength }
  // More than the database keeps in memory, so that the first of them has to be read.
  for (let number = 0; number < 6; number++) {
    const { mediaType, bytes } = createImageManifest(REPOSITORY, [blob, blob], `${number}`.repeat(3_900_000))
    const path = manifestPath(REPOSITORY, `large-${number}`)
    await client.expect(201, { method: 'PUT', path, body: bytes, headers: { 'Content-Type': mediaType } })
  }
  const first = { method: 'GET', path: manifestPath(REPOSITORY, 'large-0') } as const
  await disk.fail({ call: 'read', path: 'kontor.db', error: 'EIO' })
  expectRefusal(await client.send(first), 503, 'wire')
  await disk.mend()
  await client.expect(200, first)
})

test('what happens in the background fails without harm, says so in the log, and is done once the disk works', async () => {
  const build = async () => {
    const { body } = await client.expect(200, { method: 'GET', path: '/api/v1/search-index' })
    return JSON.parse(body.toString()).build
  }
  await client.expect(200, { method: 'POST', path: '/api/v1/search-index/build' })
  await disk.fail({ call: 'write', path: 'kontor.db', error: 'EIO' })
  await expect
    .poll(() => disk.server.output(), { timeout: 20_000 })
    .toMatch(/"event":"job.failed","job":"build-search-index"/)
  await expectImageToBeServed()
  expect(await build()).toMatchObject({ finishedAt: null })
  await disk.mend()
  await expect.poll(build, { timeout: 20_000 }).toMatchObject({ finishedAt: expect.any(String) })
})
