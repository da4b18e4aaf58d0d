import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { UploadKey } from '../../../storage/blobs/blob-store.ts'
import type { AccountId, RefreshTokenId } from '../../../storage/metadata/identities.ts'
import type { UploadId, UploadSession } from '../../../storage/metadata/upload-sessions.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { hashOf } from './sample-access.ts'
import { createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

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
    const tokenOf = (accountId: AccountId, text: string, credentialsVersion = 1) =>
      underTest().store.refreshTokens.create({ tokenHash: hashOf(text), accountId, credentialsVersion }, ORIGIN)

    it('are found by the hash of their text and by their identity, as they were made', async () => {
      const { store, clock } = underTest()
      const { id } = await createUser(store, 'alice')
      const token = await tokenOf(id, 'one', 7)
      await tokenOf(id, 'two', 8)
      expect(token).toEqual({
        id: token.id,
        accountId: id,
        credentialsVersion: 7,
        createdAt: clock.now(),
        createdFrom: ORIGIN.address,
        lastUsedAt: undefined,
        lastUsedFrom: undefined,
      })
      expect(await store.refreshTokens.findByHash(hashOf('one'))).toEqual(token)
      expect(await store.refreshTokens.findById(token.id)).toEqual(token)
      expect(await store.refreshTokens.findByHash(hashOf('three'))).toBeUndefined()
      expect(await store.refreshTokens.findByHash(Buffer.alloc(0))).toBeUndefined()
      expect(await store.refreshTokens.findByHash(hashOf('one').subarray(0, 31))).toBeUndefined()
      expect(await store.refreshTokens.findById(999 as RefreshTokenId)).toBeUndefined()
    })

    it('cannot be taken over by another account', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      const token = await tokenOf(alice.id, 'one')
      await expect(tokenOf(bob.id, 'one')).rejects.toThrow()
      expect(await store.refreshTokens.findByHash(hashOf('one'))).toEqual(token)
    })

    it('that still work are listed to their owner, the newest first, page by page (S52)', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      await tokenOf(alice.id, 'before the new password')
      await store.accounts.update(alice.id, { passwordHash: 'new' }, ORIGIN)
      const made = [
        await tokenOf(alice.id, 'one', 2),
        await tokenOf(alice.id, 'two', 2),
        await tokenOf(alice.id, 'three', 2),
      ]
      await tokenOf(bob.id, 'of bob')
      for (const limit of [1, 2, 3, 4]) {
        const pages = await readPages((page) => store.refreshTokens.list(alice.id, page), limit)
        expect(pages.flat()).toEqual(made.toReversed())
      }
    })

    it('are revoked by their owner only (S19)', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      const { id } = await tokenOf(alice.id, 'one')
      expect(await store.refreshTokens.delete(bob.id, id, ORIGIN)).toBe(false)
      expect(await store.refreshTokens.findById(id)).toBeDefined()
      expect(await store.refreshTokens.delete(alice.id, id, ORIGIN)).toBe(true)
      expect(await store.refreshTokens.delete(alice.id, id, ORIGIN)).toBe(false)
      expect(await store.refreshTokens.findByHash(hashOf('one'))).toBeUndefined()
    })

    it('leave a trail without their text', async () => {
      const { store } = underTest()
      const { id: ownerId } = await createUser(store, 'alice')
      const { id } = await tokenOf(ownerId, 'one')
      await store.refreshTokens.delete(ownerId, id, ORIGIN)
      const [deleted, created] = await readTrail(store)
      const about = { object: `alice/refresh-tokens/${id}`, ownerId, origin: ORIGIN, detail: {} }
      expect(created).toMatchObject({ ...about, action: 'refresh_token.created' })
      expect(deleted).toMatchObject({ ...about, action: 'refresh_token.deleted' })
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

    it('are counted by whose they are, up to a number (S48)', async () => {
      const { uploadSessions } = underTest().store
      for (const id of ['one', 'two', 'three']) await uploadSessions.create(session(id))
      await uploadSessions.create(session('another', { subject: 'user:70' }))
      expect(await uploadSessions.countOf('user:7', 10)).toBe(3)
      expect(await uploadSessions.countOf('user:7', 2)).toBe(2)
      expect(await uploadSessions.countOf('user:70', 10)).toBe(1)
      expect(await uploadSessions.countOf('robot:7', 10)).toBe(0)
      await uploadSessions.delete('one' as UploadId)
      expect(await uploadSessions.countOf('user:7', 10)).toBe(2)
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
