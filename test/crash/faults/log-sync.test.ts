import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createImageManifest, digestOf, manifestPath, type PushedManifest } from '../content.ts'
import { findDataFolderProblems } from '../data-folder-problems.ts'
import { basicAuthorization, createPushClient, type PushClient, type WireAnswer } from '../push-client.ts'
import { createSeededRandom } from '../seeded-random.ts'
import { ADMIN } from '../server-process.ts'
import { expectRefusal } from './expect-refusal.ts'
import { type ServerOnFailingDisk, startServerOnFailingDisk } from './failing-disk.ts'

const REPOSITORY = 'crash/log'
const CLIENTS = 8
const FAILING_SYNC = { call: 'sync', path: 'kontor.db-wal', error: 'EIO' } as const

let disk: ServerOnFailingDisk
let client: PushClient
let image: PushedManifest

// A server of its own: after the first sync that fails it does not trust its log any more.
beforeAll(async () => {
  disk = await startServerOnFailingDisk()
  client = createPushClient({ url: disk.url, authorization: basicAuthorization(ADMIN) })
  const layer = createSeededRandom(1).bytes(1000)
  const digest = digestOf(layer)
  await client.expect(201, {
    method: 'POST',
    path: `/v2/${REPOSITORY}/blobs/uploads/?digest=${digest}`,
    body: layer,
  })
  const blob = { repository: REPOSITORY, digest, size: layer.byteLength }
  image = createImageManifest(REPOSITORY, [blob, blob], 'image')
})

afterAll(async () => {
  client.close()
  await disk.stop()
  expect(await findDataFolderProblems(disk.dataDir)).toEqual([])
  await disk.remove()
})

async function pushTag(tag: string): Promise<WireAnswer> {
  const headers = { 'Content-Type': image.mediaType }
  return client.send({ method: 'PUT', path: manifestPath(REPOSITORY, tag), body: image.bytes, headers })
}

async function isTagged(tag: string): Promise<boolean> {
  const { status } = await client.send({ method: 'GET', path: manifestPath(REPOSITORY, tag) })
  return status === 200
}

/** Tags in the database alone: what a power cut leaves of it when it leaves nothing of the log. */
async function readTagsWithoutLog(): Promise<readonly unknown[]> {
  const copy = join(disk.dataDir, '..', 'without-log.db')
  await copyFile(join(disk.dataDir, 'kontor.db'), copy)
  const db = new SqliteDatabase(copy)
  const tags = db.prepare('SELECT name FROM tag WHERE ended_at IS NULL').pluck().all()
  db.close()
  return tags
}

test('when the log cannot be synced nobody is told that a push was kept, and what is told later does not rest on that log', async () => {
  await disk.fail(FAILING_SYNC)
  const tags = Array.from({ length: CLIENTS }, (_, index) => `unlucky-${index}`)
  for (const answer of await Promise.all(tags.map(pushTag))) expectRefusal(answer, 503, 'wire')
  // These had been committed already when the disk failed, or not: the registry goes on with what can be seen.
  const seen = await Promise.all(tags.map(isTagged))

  // From now on a push that fails leaves nothing.
  expectRefusal(await pushTag('late'), 503, 'wire')
  expect(await isTagged('late')).toBe(false)
  await disk.mend()

  const { status } = await pushTag('lucky')
  expect(status).toBe(201)
  const kept = tags.filter((_, index) => seen[index])
  expect([...(await readTagsWithoutLog())].sort()).toEqual(['lucky', ...kept])
})
