import { describe, expect, it } from 'vitest'
import type { AccountChanges } from '../../../storage/metadata/accounts.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { createOrganization, createUser, getRepository, link, ORIGIN, renameAccount } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const ABSENT = 999 as AccountId

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
        basePermission: 'pull',
        defaultVisibility: 'private',
        disabledAt: undefined,
        createdAt: clock.now(),
        version: expect.any(Number),
      })
      expect(await store.accounts.findByName('alice')).toEqual(result.account)
      expect(await store.accounts.findById(result.account.id)).toEqual(result.account)
    })

    it('that were never made are not found', async () => {
      const { store } = underTest()
      expect(await store.accounts.findByName('nobody')).toBeUndefined()
      expect(await store.accounts.resolveName('nobody')).toBeUndefined()
      expect(await store.accounts.findById(ABSENT)).toBeUndefined()
      expect(await store.accounts.update(ABSENT, { role: 'admin' }, ORIGIN)).toEqual({ kind: 'absent' })
      expect(await store.accounts.delete(ABSENT, ORIGIN)).toEqual({ kind: 'absent' })
    })

    it('share one space of names: users and organizations cannot take each other’s', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await store.accounts.ensureOrganization('acme', ORIGIN)
      for (const name of ['alice', 'acme']) {
        const user = { name, passwordHash: 'another', email: undefined, role: 'admin' } as const
        expect(await store.accounts.createUser(user, ORIGIN)).toEqual({ kind: 'name-taken' })
        const organization = { name, displayName: undefined, ownerId: alice.id }
        expect(await store.accounts.createOrganization(organization, ORIGIN)).toEqual({ kind: 'name-taken' })
      }
      expect(await store.accounts.update(alice.id, { name: 'acme' }, ORIGIN)).toEqual({ kind: 'name-taken' })
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

    it('that are organizations have the display name and the owner that were said', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const organization = { name: 'acme', displayName: 'Acme Inc.', ownerId: alice.id }
      const result = await store.accounts.createOrganization(organization, ORIGIN)
      const acme = await store.accounts.findByName('acme')
      expect(result).toEqual({ kind: 'created', account: acme })
      expect(acme).toMatchObject({
        kind: 'organization',
        displayName: 'Acme Inc.',
        passwordHash: undefined,
      })
      expect(acme && (await store.members.find(acme.id, alice.id))).toMatchObject({ role: 'owner' })
    })

    it('change in what is said, and in nothing else but their version', async () => {
      const { store } = underTest()
      let alice = await createUser(store, 'alice')
      const change = async (changes: AccountChanges, expected: Partial<typeof alice>) => {
        alice = { ...alice, ...expected, version: alice.version + 1 }
        expect(await store.accounts.update(alice.id, changes, ORIGIN)).toEqual({ kind: 'updated', account: alice })
        expect(await store.accounts.findByName('alice')).toEqual(alice)
      }
      await change({ displayName: 'Alice', email: 'a@example.org' }, { displayName: 'Alice', email: 'a@example.org' })
      await change({ email: null }, { email: undefined })
      await change({ displayName: null }, { displayName: undefined })
      await change({ role: 'auditor' }, { role: 'auditor' })
      await change({ basePermission: 'none' }, { basePermission: 'none' })
      await change({ defaultVisibility: 'public' }, { defaultVisibility: 'public' })
      await change({ name: 'alice' }, {})
      await change({}, {})
    })

    it('are not changed by whoever has not seen the last change', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const first = await store.accounts.update(alice.id, { displayName: 'First' }, ORIGIN, alice.version)
      const version = alice.version + 1
      expect(first).toMatchObject({ kind: 'updated', account: { version } })
      const trail = await readTrail(store)
      const changes = { displayName: 'Second', name: 'alicia', passwordHash: 'new' }
      expect(await store.accounts.update(alice.id, changes, ORIGIN, alice.version)).toEqual({ kind: 'stale' })
      expect(await store.accounts.findByName('alice')).toMatchObject({ displayName: 'First', credentialsVersion: 1 })
      expect(await readTrail(store)).toEqual(trail)
      expect(await store.accounts.update(alice.id, changes, ORIGIN, version)).toMatchObject({ kind: 'updated' })
    })

    it('with a new password have a new version of their credentials, and only then (S52)', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await store.accounts.update(alice.id, { displayName: 'A', email: 'a@example.org', role: 'auditor' }, ORIGIN)
      expect(await store.accounts.findById(alice.id)).toMatchObject({ credentialsVersion: 1 })
      expect(await store.accounts.update(alice.id, { passwordHash: 'new' }, ORIGIN)).toMatchObject({
        account: { passwordHash: 'new', credentialsVersion: 2 },
      })
      await store.accounts.update(alice.id, { passwordHash: 'new' }, ORIGIN)
      expect(await store.accounts.findById(alice.id)).toMatchObject({ credentialsVersion: 3 })
    })

    it('are disabled since the first time that was said, until they are enabled', async () => {
      const { store, clock } = underTest()
      const alice = await createUser(store, 'alice')
      const disable = async (disabled: boolean) => {
        await store.accounts.update(alice.id, { disabled }, ORIGIN)
        return (await store.accounts.findById(alice.id))?.disabledAt
      }
      clock.advance(1000)
      const disabledAt = clock.now()
      expect(await disable(true)).toBe(disabledAt)
      clock.advance(1000)
      expect(await disable(true)).toBe(disabledAt)
      expect(await disable(false)).toBeUndefined()
    })

    it.each([
      ['lose the role', { role: 'auditor' }],
      ['are disabled', { disabled: true }],
    ] as const)('that alone administer the instance do not %s', async (_, changes) => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice', 'admin')
      const bob = await createUser(store, 'bob', 'admin')
      await createUser(store, 'carl', 'auditor')
      await store.accounts.update(bob.id, { disabled: true }, ORIGIN)
      expect(await store.accounts.update(alice.id, changes, ORIGIN)).toEqual({ kind: 'last-admin' })
      expect(await store.accounts.delete(alice.id, ORIGIN)).toEqual({ kind: 'last-admin' })
      expect(await store.accounts.findByName('alice')).toEqual(alice)
      expect(await store.accounts.update(alice.id, { displayName: 'Alice' }, ORIGIN)).toMatchObject({ kind: 'updated' })

      await store.accounts.update(bob.id, { disabled: false }, ORIGIN)
      expect(await store.accounts.update(alice.id, changes, ORIGIN)).toMatchObject({ kind: 'updated' })
    })

    it('leave a trail of what changed, with both names and without the password', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await store.accounts.update(alice.id, { name: 'alicia', email: null, passwordHash: 'secret' }, ORIGIN)
      await store.accounts.update(alice.id, { name: 'alicia', disabled: true }, ORIGIN)
      await store.accounts.delete(alice.id, ORIGIN)
      const trail = (await readTrail(store)).toReversed().slice(1)
      expect(trail.map(({ action, object, detail }) => [action, object, detail])).toEqual([
        ['account.updated', 'alice', { name: { from: 'alice', to: 'alicia' }, email: null, passwordHash: 'changed' }],
        ['account.updated', 'alicia', { disabled: true }],
        ['account.deleted', 'alicia', { kind: 'user' }],
      ])
      for (const event of trail) expect(event).toMatchObject({ ownerId: alice.id, origin: ORIGIN })
    })

    it('are not deleted while they own repositories', async () => {
      const { store } = underTest()
      await link(store, 'a layer')
      const { id, ownerId } = await getRepository(store)
      expect(await store.accounts.delete(ownerId, ORIGIN)).toEqual({ kind: 'has-repositories', count: 1 })
      expect(await store.accounts.findById(ownerId)).toBeDefined()
      await store.repositories.delete(id, ORIGIN)
      expect(await store.accounts.delete(ownerId, ORIGIN)).toEqual({ kind: 'deleted' })
      expect(await store.accounts.findById(ownerId)).toBeUndefined()
      expect(await store.accounts.delete(ownerId, ORIGIN)).toEqual({ kind: 'absent' })
    })

    it('are not deleted while organizations have no other owner, which are named', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      const shared = await createOrganization(store, 'shared', alice.id)
      await store.members.set(shared.id, bob.id, 'owner', ORIGIN)
      const zoo = await createOrganization(store, 'zoo', alice.id)
      await store.members.set(zoo.id, bob.id, 'manager', ORIGIN)
      await createOrganization(store, 'acme', alice.id)
      expect(await store.accounts.delete(alice.id, ORIGIN)).toEqual({
        kind: 'last-owner',
        organizations: ['acme', 'zoo'],
      })
      expect(await store.accounts.findByName('alice')).toEqual(alice)
      expect(await store.accounts.delete(bob.id, ORIGIN)).toEqual({ kind: 'deleted' })
    })

    it('that are organizations are listed to whoever belongs to them or holds a grant there', async () => {
      const { store } = underTest()
      const bob = await createUser(store, 'bob')
      for (const name of ['zoo', 'member-and-grant', 'grant', 'stranger', 'member']) {
        const { id } = await createOrganization(store, name)
        if (name.includes('member')) await store.members.set(id, bob.id, 'auditor', ORIGIN)
        const holder = { kind: 'user', id: bob.id } as const
        if (!name.includes('grant')) continue
        for (const pattern of ['web', 'api']) {
          await store.grants.put({ organizationId: id, holder, pattern, permission: 'pull' }, ORIGIN)
        }
      }
      const read = async (ofUser: AccountId | undefined, limit: number) =>
        (await readPages((page) => store.accounts.listOrganizations(ofUser, page), limit))
          .flat()
          .map(({ name }) => name)
      for (const limit of [1, 2, 3, 4]) {
        expect(await read(bob.id, limit)).toEqual(['grant', 'member', 'member-and-grant'])
        expect(await read(undefined, limit)).toEqual(['grant', 'member', 'member-and-grant', 'stranger', 'zoo'])
      }
      const renamed = await renameAccount(store, bob.id, 'robert')
      expect(await read(renamed.id, 9)).toHaveLength(3)
    })

    it('that are users are listed in order of name, in pages, and organizations are not among them', async () => {
      const { store } = underTest()
      for (const name of ['dora', 'alice', 'carl', 'bob']) await createUser(store, name)
      await link(store, 'a layer')
      for (const limit of [1, 2, 3, 5, 6]) {
        const pages = await readPages((page) => store.accounts.listUsers(page), limit)
        expect(pages.flat().map(({ name }) => name)).toEqual(['alice', 'bob', 'carl', 'dora'])
      }
    })
  })
}
