import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { UploadKey } from '../../../storage/blobs/blob-store.ts'
import type { UploadId, UploadSession } from '../../../storage/metadata/upload-sessions.ts'
import { createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** What is kept for tokens: the keys that sign them, and the hashes of those that live long. */
export function describeCredentials(underTest: () => MetadataStoreUnderTest): void {
  describe('signing keys', () => {
    const key = (kid: string, createdAt: number) => ({ kid, privateKeyPem: `PEM of ${kid}`, createdAt })

    it('are kept as they are, the newest first', async () => {
      const { store } = underTest()
      expect(await store.signingKeys.list()).toEqual([])
      for (const each of [key('b', 2000), key('a', 1000), key('c', 3000)]) await store.signingKeys.add(each, 0, ORIGIN)
      expect(await store.signingKeys.list()).toEqual([key('c', 3000), key('b', 2000), key('a', 1000)])
    })

    it('retire when another is added: those older than was said, and no others', async () => {
      const { store } = underTest()
      for (const each of [key('a', 1000), key('b', 2000)]) await store.signingKeys.add(each, 0, ORIGIN)
      await store.signingKeys.add(key('c', 3000), 2000, ORIGIN)
      expect((await store.signingKeys.list()).map(({ kid }) => kid)).toEqual(['c', 'b'])
    })

    it('are not retired by one that cannot be added', async () => {
      const { store } = underTest()
      for (const each of [key('a', 1000), key('b', 2000)]) await store.signingKeys.add(each, 0, ORIGIN)
      await expect(store.signingKeys.add(key('b', 3000), 2000, ORIGIN)).rejects.toThrow()
      expect((await store.signingKeys.list()).map(({ kid }) => kid)).toEqual(['b', 'a'])
    })
  })

  describe('refresh tokens', () => {
    it('are found by the hash of their text, and by no other', async () => {
      const { store, clock } = underTest()
      const { id } = await createUser(store, 'alice')
      const token = { accountId: id, credentialsVersion: 7, createdAt: clock.now() }
      await store.refreshTokens.create(hashOf('one'), token)
      await store.refreshTokens.create(hashOf('two'), { ...token, credentialsVersion: 8 })
      expect(await store.refreshTokens.find(hashOf('one'))).toEqual(token)
      expect(await store.refreshTokens.find(hashOf('three'))).toBeUndefined()
      expect(await store.refreshTokens.find(Buffer.alloc(0))).toBeUndefined()
      expect(await store.refreshTokens.find(hashOf('one').subarray(0, 31))).toBeUndefined()
    })

    it('cannot be taken over by another account', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      const token = { accountId: alice.id, credentialsVersion: 1, createdAt: 0 }
      await store.refreshTokens.create(hashOf('one'), token)
      await expect(store.refreshTokens.create(hashOf('one'), { ...token, accountId: bob.id })).rejects.toThrow()
      expect(await store.refreshTokens.find(hashOf('one'))).toEqual(token)
    })
  })
}

/** Uploads that have begun. */
export function describeUploadSessions(underTest: () => MetadataStoreUnderTest): void {
  const session = (id: string, changes: Partial<UploadSession> = {}): UploadSession => ({
    id: id as UploadId,
    repository: parseRepositoryName('acme/app'),
    subject: 'user:7',
    storeKey: `key of ${id}` as UploadKey,
    createdAt: 1000,
    ...changes,
  })

  describe('upload sessions', () => {
    it('are found by their id, as they were begun, until they are deleted', async () => {
      const { uploadSessions } = underTest().store
      const one = session('one')
      await uploadSessions.create(one)
      await uploadSessions.create(session('two'))
      expect(await uploadSessions.find(one.id)).toEqual(one)
      expect(await uploadSessions.find('three' as UploadId)).toBeUndefined()
      expect(await uploadSessions.find("one' OR '1'='1" as UploadId)).toBeUndefined()
      await uploadSessions.delete(one.id)
      await uploadSessions.delete(one.id)
      expect(await uploadSessions.find(one.id)).toBeUndefined()
      expect(await uploadSessions.find('two' as UploadId)).toBeDefined()
    })

    it('may be begun where there is no repository yet, and create none', async () => {
      const { store } = underTest()
      await store.uploadSessions.create(session('one'))
      expect(await store.repositories.find(parseRepositoryName('acme/app'))).toBeUndefined()
    })

    it('never give an id to two uploads', async () => {
      const { uploadSessions } = underTest().store
      await uploadSessions.create(session('one'))
      await expect(uploadSessions.create(session('one', { subject: 'user:8' }))).rejects.toThrow()
      expect(await uploadSessions.find('one' as UploadId)).toMatchObject({ subject: 'user:7' })
    })

    it('end together with their bytes', async () => {
      const { uploadSessions } = underTest().store
      const storeKey = 'shared' as UploadKey
      for (const each of [session('one', { storeKey }), session('two', { storeKey }), session('three')]) {
        await uploadSessions.create(each)
      }
      await uploadSessions.deleteByStoreKey(storeKey)
      expect((await uploadSessions.listOlder(9999, { after: undefined, limit: 10 })).items).toEqual([session('three')])
    })

    it('that are older than some moment are listed in order of id, page by page', async () => {
      const { uploadSessions } = underTest().store
      const [young, old, oldest] = [
        session('young', { createdAt: 3000 }),
        session('old', { createdAt: 2000 }),
        session('oldest', { createdAt: 1000 }),
      ]
      for (const each of [young, old, oldest]) await uploadSessions.create(each)
      const list = async (createdBefore: number, after: string | undefined, limit: number) => {
        const { items, next } = await uploadSessions.listOlder(createdBefore, { after, limit })
        return [items.map(({ id }) => id), next]
      }
      expect(await list(3000, undefined, 10)).toEqual([['old', 'oldest'], undefined])
      expect(await list(3001, undefined, 2)).toEqual([['old', 'oldest'], 'oldest'])
      expect(await list(3001, 'oldest', 2)).toEqual([['young'], undefined])
      expect(await list(1000, undefined, 10)).toEqual([[], undefined])
    })
  })
}
