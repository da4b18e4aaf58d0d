import { describe, expect, it } from 'vitest'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import { readPages } from './read-pages.ts'
import { createUser, link, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** Users and organizations. */
export function describeAccounts(underTest: () => MetadataStoreUnderTest): void {
  describe('accounts', () => {
    it('are found by name and by identity as they were made', async () => {
      const { store, clock } = underTest()
      const result = await store.accounts.createUser(
        { name: 'alice', passwordHash: '$argon2id$…', email: 'alice@example.org', role: 'auditor' },
        ORIGIN,
      )
      if (result.kind !== 'created') throw new Error('the name is taken in an empty store')
      expect(result.account).toEqual({
        id: result.account.id,
        kind: 'user',
        name: 'alice',
        displayName: undefined,
        email: 'alice@example.org',
        role: 'auditor',
        passwordHash: '$argon2id$…',
        credentialsVersion: 1,
        disabledAt: undefined,
        createdAt: clock.now(),
      })
      expect(await store.accounts.findByName('alice')).toEqual(result.account)
      expect(await store.accounts.findById(result.account.id)).toEqual(result.account)
    })

    it('that were never made are not found', async () => {
      const { store } = underTest()
      expect(await store.accounts.findByName('nobody')).toBeUndefined()
      expect(await store.accounts.findById(999 as AccountId)).toBeUndefined()
      expect(await store.accounts.update(999 as AccountId, { role: 'admin' }, ORIGIN)).toBeUndefined()
    })

    it('share one space of names: users and organizations cannot take each other’s', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await store.accounts.ensureOrganization('acme', ORIGIN)
      for (const name of ['alice', 'acme']) {
        const user = { name, passwordHash: 'another', email: undefined, role: 'admin' } as const
        expect(await store.accounts.createUser(user, ORIGIN)).toEqual({ kind: 'name-taken' })
      }
      await store.accounts.ensureOrganization('alice', ORIGIN)
      expect(await store.accounts.findByName('alice')).toEqual(alice)
      expect(await store.accounts.findByName('acme')).toMatchObject({ kind: 'organization', role: 'none' })
    })

    it('made sure of twice are made once', async () => {
      const { store } = underTest()
      await store.accounts.ensureOrganization('acme', ORIGIN)
      const before = await store.accounts.findByName('acme')
      await store.accounts.ensureOrganization('acme', ORIGIN)
      expect(await store.accounts.findByName('acme')).toEqual(before)
    })

    it('change in what is said, and in nothing else', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const changed = await store.accounts.update(alice.id, { displayName: 'Alice', email: 'a@example.org' }, ORIGIN)
      expect(changed).toEqual({ ...alice, displayName: 'Alice', email: 'a@example.org' })
      expect(await store.accounts.update(alice.id, { email: null }, ORIGIN)).toEqual({
        ...alice,
        displayName: 'Alice',
        email: undefined,
      })
      expect(await store.accounts.update(alice.id, { role: 'admin' }, ORIGIN)).toMatchObject({
        displayName: 'Alice',
        role: 'admin',
      })
      expect(await store.accounts.findById(alice.id)).toMatchObject({ displayName: 'Alice', role: 'admin' })
      expect(await store.accounts.update(alice.id, {}, ORIGIN)).toEqual(await store.accounts.findByName('alice'))
    })

    it('with a new password have a new version of their credentials, and only then (S52)', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await store.accounts.update(alice.id, { displayName: 'A', email: 'a@example.org', role: 'auditor' }, ORIGIN)
      expect(await store.accounts.findById(alice.id)).toMatchObject({ credentialsVersion: 1 })
      expect(await store.accounts.update(alice.id, { passwordHash: 'new' }, ORIGIN)).toMatchObject({
        passwordHash: 'new',
        credentialsVersion: 2,
      })
      await store.accounts.update(alice.id, { passwordHash: 'new' }, ORIGIN)
      expect(await store.accounts.findById(alice.id)).toMatchObject({ credentialsVersion: 3 })
    })

    it('are disabled since the first time that was said, until they are enabled', async () => {
      const { store, clock } = underTest()
      const alice = await createUser(store, 'alice')
      clock.advance(1000)
      const disabledAt = clock.now()
      expect(await store.accounts.update(alice.id, { disabled: true }, ORIGIN)).toMatchObject({ disabledAt })
      clock.advance(1000)
      expect(await store.accounts.update(alice.id, { disabled: true }, ORIGIN)).toMatchObject({ disabledAt })
      expect(await store.accounts.update(alice.id, { disabled: false }, ORIGIN)).toEqual(alice)
    })

    it('are listed in order of name, in pages', async () => {
      const { store } = underTest()
      for (const name of ['dora', 'alice', 'carl', 'bob']) await createUser(store, name)
      await link(store, 'a layer')
      for (const limit of [1, 2, 3, 5, 6]) {
        const pages = await readPages((page) => store.accounts.list(page), limit)
        expect(pages.flat().map(({ name }) => name)).toEqual(['acme', 'alice', 'bob', 'carl', 'dora'])
      }
    })
  })
}
