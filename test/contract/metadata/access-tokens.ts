import { describe, expect, it } from 'vitest'
import { parseRepositoryPattern } from '../../../oci/repository-pattern.ts'
import type { AccessTokenId } from '../../../storage/metadata/identities.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { createRobot, createToken, hashOf } from './sample-access.ts'
import { createOrganization, createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const ABSENT = 999 as AccessTokenId
const PULL_WEB = { pattern: parseRepositoryPattern('acme/web-*'), permission: 'pull' } as const
const PUSH_WEB = { ...PULL_WEB, permission: 'push' } as const
const PULL_ALL = { pattern: parseRepositoryPattern('**'), permission: 'pull' } as const

/** Access tokens, and when secrets of every kind were used. */
export function describeAccessTokens(underTest: () => MetadataStoreUnderTest): void {
  describe('access tokens', () => {
    it('are found by the hash of their text and by their identity, as they were made', async () => {
      const { store, clock } = underTest()
      const alice = await createUser(store, 'alice')
      const token = await createToken(store, alice.id, 'laptop', { expiresAt: 9000 })
      expect(token).toEqual({
        id: token.id,
        userId: alice.id,
        name: 'laptop',
        scopes: undefined,
        createdAt: clock.now(),
        expiresAt: 9000,
        lastUsedAt: undefined,
        lastUsedFrom: undefined,
      })
      expect(await store.accessTokens.findByHash(hashOf('laptop'))).toEqual(token)
      expect(await store.accessTokens.findById(token.id)).toEqual(token)
      expect(await store.accessTokens.findByHash(hashOf('other'))).toBeUndefined()
      expect(await store.accessTokens.findByHash(Buffer.alloc(0))).toBeUndefined()
      expect(await store.accessTokens.findById(ABSENT)).toBeUndefined()
    })

    it('keep their scopes: none at all is not the same as no scopes', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const narrow = await createToken(store, alice.id, 'narrow', { scopes: [PUSH_WEB, PULL_ALL] })
      expect(narrow.scopes).toEqual([PULL_ALL, PUSH_WEB])
      expect(await store.accessTokens.findById(narrow.id)).toEqual(narrow)
      const nothing = await createToken(store, alice.id, 'nothing', { scopes: [] })
      expect((await store.accessTokens.findByHash(hashOf('nothing')))?.scopes).toEqual([])
      expect(nothing.scopes).toEqual([])
      expect((await createToken(store, alice.id, 'all')).scopes).toBeUndefined()
    })

    it.each([
      [PULL_WEB, PUSH_WEB],
      [PUSH_WEB, PULL_WEB],
    ])('keep the strongest of several scopes for one pattern', async (...scopes) => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      expect((await createToken(store, alice.id, 'twice', { scopes })).scopes).toEqual([PUSH_WEB])
    })

    it('cannot be taken over by another account', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      const token = await createToken(store, alice.id, 'laptop')
      await expect(createToken(store, bob.id, 'laptop')).rejects.toThrow()
      expect(await store.accessTokens.findByHash(hashOf('laptop'))).toEqual(token)
    })

    it('are listed to their owner, the newest first, page by page', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      for (const name of ['b', 'c', 'a']) await createToken(store, alice.id, name, { scopes: [PULL_WEB] })
      await createToken(store, bob.id, 'of bob')
      for (const limit of [1, 2, 3, 4]) {
        const pages = await readPages((page) => store.accessTokens.list(alice.id, page), limit)
        expect(pages.flat().map(({ name, scopes }) => [name, scopes])).toEqual(
          ['a', 'c', 'b'].map((name) => [name, [PULL_WEB]]),
        )
      }
    })

    it('are revoked by their owner only, with their scopes (S19)', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      const token = await createToken(store, alice.id, 'laptop', { scopes: [PULL_WEB] })
      expect(await store.accessTokens.delete(bob.id, token.id, ORIGIN)).toBe(false)
      expect(await store.accessTokens.findById(token.id)).toEqual(token)
      expect(await store.accessTokens.delete(alice.id, token.id, ORIGIN)).toBe(true)
      expect(await store.accessTokens.delete(alice.id, token.id, ORIGIN)).toBe(false)
      expect(await store.accessTokens.findByHash(hashOf('laptop'))).toBeUndefined()
      const next = await createToken(store, alice.id, 'laptop', { scopes: [] })
      expect(next.id).toBeGreaterThan(token.id)
      expect(next.scopes).toEqual([])
    })

    it('leave a trail without their text', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const { id } = await createToken(store, alice.id, 'laptop', { scopes: [PULL_WEB], expiresAt: 9000 })
      await store.accessTokens.delete(alice.id, id, ORIGIN)
      const [deleted, created] = await readTrail(store)
      const about = { object: `alice/tokens/${id}`, ownerId: alice.id, origin: ORIGIN }
      expect(created).toMatchObject({ ...about, action: 'access_token.created' })
      expect(created?.detail).toEqual({ name: 'laptop', scopes: [PULL_WEB], expiresAt: 9000 })
      expect(deleted).toMatchObject({ ...about, action: 'access_token.deleted' })
      expect(deleted?.detail).toEqual({ name: 'laptop' })
    })
  })

  describe('the last uses of secrets', () => {
    /** One secret of each kind, all with the same number, and how to read when it was used last. */
    async function openSecrets() {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      const alice = await createUser(store, 'alice')
      const { id: tokenId } = await createToken(store, alice.id, 'laptop')
      const robot = await createRobot(store, acme.id, 'ci')
      const secretId = (await store.robots.findBySecret(hashOf('ci')))?.secretId
      if (secretId === undefined) throw new Error('the robot has no secret')
      const refresh = { tokenHash: hashOf('docker'), accountId: alice.id, credentialsVersion: 1 }
      const { id: refreshId } = await store.refreshTokens.create(refresh, ORIGIN)
      return {
        store,
        token: { kind: 'access-token', id: tokenId } as const,
        robotSecret: { kind: 'robot-secret', id: secretId } as const,
        refreshToken: { kind: 'refresh-token', id: refreshId } as const,
        async read() {
          const uses = [
            await store.accessTokens.findById(tokenId),
            (await store.robots.listSecrets(robot.id))[0],
            await store.refreshTokens.findById(refreshId),
          ]
          return uses.map((use) => [use?.lastUsedAt, use?.lastUsedFrom])
        },
      }
    }

    it('are written for many at once, each to its own', async () => {
      const { store, token, robotSecret, refreshToken, read } = await openSecrets()
      const trail = await readTrail(store)
      await store.lastUses.record([
        { secret: token, at: 1000, from: '192.0.2.1' },
        { secret: robotSecret, at: 2000, from: '192.0.2.2' },
        { secret: refreshToken, at: 3000, from: '2001:db8::3' },
      ])
      expect(await read()).toEqual([
        [1000, '192.0.2.1'],
        [2000, '192.0.2.2'],
        [3000, '2001:db8::3'],
      ])
      expect(await readTrail(store)).toEqual(trail)
    })

    it('move forward only, and take no notice of secrets that are gone', async () => {
      const { store, token, read } = await openSecrets()
      await store.lastUses.record([
        { secret: token, at: 2000, from: 'late' },
        { secret: token, at: 1000, from: 'early' },
        { secret: { ...token, id: ABSENT }, at: 3000, from: 'gone' },
      ])
      await store.lastUses.record([])
      expect((await read())[0]).toEqual([2000, 'late'])
      await store.lastUses.record([{ secret: token, at: 1999, from: 'early' }])
      expect((await read())[0]).toEqual([2000, 'late'])
      await store.lastUses.record([{ secret: token, at: 2001, from: 'later' }])
      expect((await read())[0]).toEqual([2001, 'later'])
    })
  })
}
