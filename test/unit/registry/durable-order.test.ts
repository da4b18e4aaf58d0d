import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { userCredential } from '../../../server/access/credential.ts'
import { createUploadBlob } from '../../../server/registry/upload-blob.ts'
import { createUploadLocks } from '../../../server/registry/upload-locks.ts'
import { openConnections } from '../../../storage/metadata/sqlite/connections.ts'
import { bytesOf, digestOf } from '../../contract/blob-store-content.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createUser } from '../../contract/metadata/sample-content.ts'
import { createGate, makeFolder, openObservedStore } from '../storage/blobs/open-store.ts'
import { APP, bodyOf, MAX_SESSIONS } from './open-registry.ts'

test('S59: a blob is linked only once its bytes, its name and its folder are on the disk', async () => {
  const underTest = await openSqliteUnderTest()
  onTestFinished(() => underTest.close())
  const { store, clock } = underTest
  const { store: blobs, paths, intercept } = await openObservedStore()
  const uploadBlob = createUploadBlob({
    ...store,
    blobs,
    locks: createUploadLocks(),
    maxSessions: MAX_SESSIONS,
    now: clock.now,
  })
  const bytes = bytesOf(1000)
  const reached = createGate()
  const sync = createGate()
  intercept(async ({ kind, path }) => {
    if (kind !== 'syncFolder' || path !== paths.shard(digestOf(bytes))) return
    reached.open()
    await sync.opened
  })

  const credential = userCredential(await createUser(store, 'alice'), { kind: 'password' })
  const caller = { credential, address: '192.0.2.1', requestId: 'request' }
  const pushed = uploadBlob.monolithic(APP, bodyOf(bytes), digestOf(bytes), caller)
  await reached.opened
  expect(await store.repositories.find(APP)).toBeUndefined()

  sync.open()
  await pushed
  const repository = await store.repositories.find(APP)
  expect(repository && (await store.blobLinks.find(repository.id, digestOf(bytes)))?.size).toBe(1000)
})

test('S59: what is acknowledged is on the disk with its commit; only what can be begun again is not', async () => {
  const { durable, relaxed, close } = openConnections(join(await makeFolder(), 'kontor.db'))
  onTestFinished(close)
  const [normal, full] = [1, 2]
  expect(durable.pragma('synchronous', { simple: true })).toBe(full)
  expect(relaxed.pragma('synchronous', { simple: true })).toBe(normal)
})
