import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { userCredential } from '../../../server/access/credential.ts'
import { createUploadBlob } from '../../../server/registry/upload-blob.ts'
import { createUploadLocks } from '../../../server/registry/upload-locks.ts'
import type { RepositoryId } from '../../../storage/metadata/identities.ts'
import { createBlobLinks } from '../../../storage/metadata/sqlite/blob-links.ts'
import { openMainConnection } from '../../../storage/metadata/sqlite/connections.ts'
import { createRepositoryIndexer } from '../../../storage/metadata/sqlite/repository-indexer.ts'
import {
  relaxedTransactional,
  sharedTransactional,
  transactional,
} from '../../../storage/metadata/sqlite/transaction.ts'
import { bytesOf, digestOf } from '../../contract/blob-store-content.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createUser, ORIGIN } from '../../contract/metadata/sample-content.ts'
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

test('S59: a push can be seen once it is committed, and is answered only once the log is on the disk', async () => {
  const { db, log, settling, context } = await openWithHeldLog()
  const links = createBlobLinks(context)
  const digest = digestOf(bytesOf(1000))
  let isAnswered = false
  const linked = links.linkUploaded(APP, { digest, size: 1000 }, ORIGIN).then(() => {
    isAnswered = true
  })
  await log.reached.opened
  const repositoryId = db.prepare<[], RepositoryId>('SELECT id FROM repository').pluck().get() ?? (0 as RepositoryId)
  expect(await links.find(repositoryId, digest)).toEqual({ digest, size: 1000 })
  expect(isAnswered).toBe(false)
  settling.open()
  await linked
})

test('S59: whoever is told of a failed sync of the log is not answered as if the push were kept', async () => {
  const { settling, context } = await openWithHeldLog(new Error('EIO'))
  settling.open()
  const linked = createBlobLinks(context).linkUploaded(APP, { digest: digestOf(bytesOf(1)), size: 1 }, ORIGIN)
  await expect(linked).rejects.toThrow('EIO')
})

test('S59: all else is on the disk with its commit, except what can be begun again', async () => {
  const { db, settling, context } = await openWithHeldLog()
  settling.open()
  const [normal, full] = [1, 2]
  const look = () => db.pragma('synchronous', { simple: true })
  expect(look()).toBe(full)
  expect(transactional(db, look)()).toBe(full)
  expect(relaxedTransactional(context, look)()).toBe(normal)
  expect(await sharedTransactional(context, look)()).toBe(normal)
  const failing = relaxedTransactional(context, () => db.exec('not a statement'))
  expect(failing).toThrow('syntax error')
  expect(look()).toBe(full)
})

/** A database whose log settles when it is told to, or fails to. */
async function openWithHeldLog(failure?: Error) {
  const db = openMainConnection(join(await makeFolder(), 'kontor.db'))
  onTestFinished(() => void db.close())
  const [reached, settling] = [createGate(), createGate()]
  const log = {
    reached,
    isTrusted: true,
    async settle() {
      reached.open()
      await settling.opened
      if (failure !== undefined) throw failure
    },
    async close() {},
  }
  const now = () => 0
  const indexer = createRepositoryIndexer({ db, now })
  return { db, log, settling, context: { db, log, now, holdNamesForMs: 0, indexer } }
}
