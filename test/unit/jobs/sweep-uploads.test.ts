import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { sweepUploads } from '../../../server/jobs/sweep-uploads.ts'
import { createUploadHolds, type UploadHolds } from '../../../server/registry/upload-holds.ts'
import type { BlobStore, UploadKey } from '../../../storage/blobs/blob-store.ts'
import { createMemoryBlobStore } from '../../../storage/blobs/memory/memory-blob-store.ts'
import type { UploadId, UploadSessionStore } from '../../../storage/metadata/upload-sessions.ts'
import { bytesOf, collect, digestOf, findUpload, inChunks, push } from '../../contract/blob-store-content.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'

const HOUR_MS = 3_600_000
const EXPIRE_AFTER_MS = 24 * HOUR_MS

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>
let blobs: BlobStore
let uploadSessions: UploadSessionStore
let uploadHolds: UploadHolds

beforeEach(async () => {
  // The store of bytes notes itself when the last of them came.
  vi.useFakeTimers({ toFake: ['Date'] })
  underTest = await openSqliteUnderTest()
  uploadSessions = underTest.store.uploadSessions
  blobs = createMemoryBlobStore()
  uploadHolds = createUploadHolds()
})

afterEach(async () => {
  vi.useRealTimers()
  await underTest.close()
})

function sweep(): Promise<number> {
  return sweepUploads({ blobs, uploadSessions, uploadHolds, expireAfterMs: EXPIRE_AFTER_MS, now: Date.now })
}

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
}

async function remember(id: string, storeKey: UploadKey): Promise<UploadId> {
  const session = { id: id as UploadId, repository: parseRepositoryName('acme/app'), subject: 'user:1', storeKey }
  await uploadSessions.create({ ...session, createdAt: Date.now() })
  return session.id
}

/** An upload that somebody began, with some bytes. */
async function begin(id: string): Promise<{ id: UploadId; key: UploadKey }> {
  const key = await blobs.startUpload()
  await append(key)
  return { id: await remember(id, key), key }
}

async function append(key: UploadKey): Promise<void> {
  const upload = await findUpload(blobs, key)
  await upload.append(inChunks(bytesOf(10)), { at: await upload.offset(), onInterruption: 'keep' })
}

test('S48: an upload on which nothing arrives is given up after its time, and not before', async () => {
  const { id, key } = await begin('one')
  pass(EXPIRE_AFTER_MS)
  expect(await sweep()).toBe(0)
  expect(await uploadSessions.find(id)).toBeDefined()
  pass(1)
  expect(await sweep()).toBe(1)
  expect(await uploadSessions.find(id)).toBeUndefined()
  expect(await blobs.findUpload(key)).toBeUndefined()
  expect(await sweep()).toBe(0)
})

test('an upload that goes on slowly lives as long as it goes on', async () => {
  const { id, key } = await begin('slow')
  for (let chunk = 0; chunk < 10; chunk++) {
    pass(20 * HOUR_MS)
    await append(key)
    expect(await sweep()).toBe(0)
  }
  expect(await uploadSessions.find(id)).toBeDefined()
  expect(await (await findUpload(blobs, key)).offset()).toBe(110)
})

test('of many uploads only those are given up that were left alone', async () => {
  const old = [await begin('a'), await begin('b')]
  pass(EXPIRE_AFTER_MS)
  const young = [await begin('c'), await begin('d')]
  pass(1)
  expect(await sweep()).toBe(2)
  for (const { id } of old) expect(await uploadSessions.find(id)).toBeUndefined()
  for (const { id } of young) expect(await uploadSessions.find(id)).toBeDefined()
  expect((await collect(blobs.listUploads())).map(({ key }) => key).sort()).toEqual(young.map(({ key }) => key).sort())
})

test('bytes without a session go, as a crash leaves them', async () => {
  const key = await blobs.startUpload()
  pass(EXPIRE_AFTER_MS + 1)
  expect(await sweep()).toBe(1)
  expect(await blobs.findUpload(key)).toBeUndefined()
})

test('bytes without a session stay while somebody works with them, as an import does', async () => {
  const key = await blobs.startUpload()
  uploadHolds.hold(key)
  pass(EXPIRE_AFTER_MS + 1)
  expect(await sweep()).toBe(0)
  expect(await blobs.findUpload(key)).toBeDefined()
  uploadHolds.release(key)
  expect(await sweep()).toBe(1)
})

test('sessions without bytes go when they are old enough, as a crash leaves them', async () => {
  const gone = 'gone' as UploadKey
  const old = await remember('old', gone)
  pass(EXPIRE_AFTER_MS)
  const young = await remember('young', gone)
  expect(await uploadSessions.find(old)).toBeDefined()
  pass(1)
  await sweep()
  expect(await uploadSessions.find(old)).toBeUndefined()
  expect(await uploadSessions.find(young)).toBeDefined()
})

test('sessions without bytes go however many there are, and though older ones are still in use', async () => {
  for (let each = 0; each < 510; each++) await remember(`lost ${each}`, 'gone' as UploadKey)
  pass(EXPIRE_AFTER_MS + 1)
  await sweep()
  await sweep()
  expect((await uploadSessions.listOlder(Date.now(), { after: undefined, limit: 1000 })).items).toEqual([])

  for (let each = 0; each < 510; each++) await begin(`slow ${each}`)
  pass(1)
  const lost = await remember('lost', 'gone' as UploadKey)
  pass(EXPIRE_AFTER_MS - 1)
  for await (const { key } of blobs.listUploads()) await append(key)
  pass(2)
  for (let run = 0; run < 3; run++) await sweep()
  expect(await uploadSessions.find(lost)).toBeUndefined()
  expect(await uploadSessions.find('slow 1' as UploadId)).toBeDefined()
})

test('blobs are none of its business', async () => {
  const digest = await push(blobs, bytesOf(100))
  pass(365 * 24 * HOUR_MS)
  expect(await sweep()).toBe(0)
  expect(await blobs.stat(digest)).toEqual({ digest, size: 100 })
  expect(digest).toBe(digestOf(bytesOf(100)))
})
