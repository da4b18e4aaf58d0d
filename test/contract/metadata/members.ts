import { describe, expect, it } from 'vitest'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import type { Member, MemberRole } from '../../../storage/metadata/members.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { IfVersion } from '../../../storage/metadata/versions.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { createOrganization, createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

async function addToTeam(store: MetadataStore, organizationId: AccountId, name: string, userId: AccountId) {
  const created = await store.teams.create(organizationId, name, ORIGIN)
  if (created.kind !== 'created') throw new Error(`there is a team ${name} already`)
  await store.teams.addMember(created.team.id, userId, ORIGIN)
  return created.team.id
}

/** Makes a user a member with a role, whatever the user was before. */
async function setRole(
  store: MetadataStore,
  organizationId: AccountId,
  userId: AccountId,
  role: MemberRole,
): Promise<Member> {
  const result = await store.members.set(organizationId, userId, role, ORIGIN)
  if (result.kind !== 'set') throw new Error(`the role ${role} was not given`)
  return result.member
}

/** Who belongs to organizations. */
export function describeMembers(underTest: () => MetadataStoreUnderTest): void {
  /** An organization of alice's, and bob. */
  async function openAcme() {
    const { store } = underTest()
    const alice = await createUser(store, 'alice')
    const bob = await createUser(store, 'bob')
    const acme = await createOrganization(store, 'acme', alice.id)
    return { store, alice, bob, acme }
  }

  describe('members', () => {
    it('are first of all whoever made the organization, as its owner', async () => {
      const { store, alice, bob, acme } = await openAcme()
      const member = {
        userId: alice.id,
        username: 'alice',
        displayName: undefined,
        role: 'owner',
        joinedAt: underTest().clock.now(),
        version: expect.any(Number),
      }
      expect(await store.members.find(acme.id, alice.id)).toEqual(member)
      expect(await store.members.list(acme.id, { after: undefined, limit: 10 })).toEqual({
        items: [member],
        next: undefined,
      })
      expect(await store.members.find(acme.id, bob.id)).toBeUndefined()
    })

    it('are added with a role and get another, and stay since when they joined', async () => {
      const { store, bob, acme } = await openAcme()
      await store.accounts.update(bob.id, { displayName: 'Bob' }, ORIGIN)
      const added = await store.members.set(acme.id, bob.id, 'auditor', ORIGIN)
      const joinedAt = underTest().clock.now()
      const version = expect.any(Number)
      const member = { userId: bob.id, username: 'bob', displayName: 'Bob', role: 'auditor', joinedAt, version }
      expect(added).toEqual({ kind: 'set', member, isNew: true })
      underTest().clock.advance(1000)
      const changed = await store.members.set(acme.id, bob.id, 'manager', ORIGIN)
      expect(changed).toEqual({ kind: 'set', member: { ...member, role: 'manager' }, isNew: false })
      expect(changed).toMatchObject({ member: await store.members.find(acme.id, bob.id) })
      expect(await store.members.set(acme.id, bob.id, 'manager', ORIGIN)).toEqual(changed)
    })

    it('keep the role that somebody gave them meanwhile', async () => {
      const { store, bob, acme } = await openAcme()
      const seen = await setRole(store, acme.id, bob.id, 'member')
      const setOwner = (ifVersion: IfVersion) =>
        store.members.set(acme.id, bob.id, 'owner', ORIGIN, undefined, ifVersion)
      await store.members.set(acme.id, bob.id, 'auditor', ORIGIN, undefined, seen.version)
      const trail = await readTrail(store)
      expect(await setOwner(seen.version)).toEqual({ kind: 'stale' })
      expect(await store.members.find(acme.id, bob.id)).toMatchObject({ role: 'auditor' })
      expect(await readTrail(store)).toEqual(trail)
      expect(await setOwner('any')).toMatchObject({ kind: 'set', member: { role: 'owner' } })
    })

    it('are not added by whoever has seen them before, nor taken for what they were then', async () => {
      const { store, bob, acme } = await openAcme()
      const versions = []
      for (let round = 0; round < 3; round++) {
        const seen = await setRole(store, acme.id, bob.id, 'member')
        versions.push(seen.version, (await setRole(store, acme.id, bob.id, 'manager')).version)
        await store.members.remove(acme.id, bob.id, ORIGIN)
        const trail = await readTrail(store)
        for (const ifVersion of [seen.version, 'any'] as const) {
          const result = await store.members.set(acme.id, bob.id, 'manager', ORIGIN, undefined, ifVersion)
          expect(result).toEqual({ kind: 'stale' })
        }
        expect(await store.members.find(acme.id, bob.id)).toBeUndefined()
        expect(await readTrail(store)).toEqual(trail)
      }
      expect(new Set(versions).size).toBe(versions.length)
    })

    it('belong to one organization and not to another', async () => {
      const { store, alice, bob } = await openAcme()
      const other = await createOrganization(store, 'other', bob.id)
      expect(await store.members.find(other.id, alice.id)).toBeUndefined()
      expect(await store.members.remove(other.id, alice.id, ORIGIN)).toEqual({ kind: 'not-a-member' })
    })

    it('are users: neither organizations nor what is not there', async () => {
      const { store, alice, acme } = await openAcme()
      const other = await createOrganization(store, 'other')
      await expect(store.members.set(acme.id, other.id, 'member', ORIGIN)).rejects.toThrow(/no user/)
      await expect(store.members.set(acme.id, 999 as AccountId, 'member', ORIGIN)).rejects.toThrow(/no user/)
      await expect(store.members.set(alice.id, alice.id, 'member', ORIGIN)).rejects.toThrow(/no organization/)
      expect(await store.members.find(alice.id, alice.id)).toBeUndefined()
    })

    it('keep the role that somebody may not touch, whatever it was when they looked', async () => {
      const { store, bob, acme } = await openAcme()
      await store.members.set(acme.id, bob.id, 'owner', ORIGIN)
      const noOwner = (present: MemberRole) => present !== 'owner'
      const kept = { kind: 'denied', role: 'owner' }
      expect(await store.members.set(acme.id, bob.id, 'member', ORIGIN, noOwner)).toEqual(kept)
      expect(await store.members.remove(acme.id, bob.id, ORIGIN, noOwner)).toEqual(kept)
      expect(await store.members.find(acme.id, bob.id)).toMatchObject({ role: 'owner' })
    })

    it('are not left to an owner who is disabled', async () => {
      const { store, alice, bob, acme } = await openAcme()
      await store.members.set(acme.id, bob.id, 'owner', ORIGIN)
      await store.accounts.update(bob.id, { disabled: true }, ORIGIN)
      expect(await store.members.remove(acme.id, alice.id, ORIGIN)).toEqual({ kind: 'last-owner' })
      expect(await store.accounts.delete(alice.id, ORIGIN)).toEqual({ kind: 'last-owner', organizations: ['acme'] })
      await store.accounts.update(bob.id, { disabled: false }, ORIGIN)
      expect(await store.members.remove(acme.id, alice.id, ORIGIN)).toEqual({ kind: 'removed' })
    })

    it('are never without an owner once they had one', async () => {
      const { store, alice, bob, acme } = await openAcme()
      await store.members.set(acme.id, bob.id, 'manager', ORIGIN)
      expect(await store.members.set(acme.id, alice.id, 'member', ORIGIN)).toEqual({ kind: 'last-owner' })
      expect(await store.members.remove(acme.id, alice.id, ORIGIN)).toEqual({ kind: 'last-owner' })
      expect(await store.members.set(acme.id, alice.id, 'owner', ORIGIN)).toMatchObject({ kind: 'set', isNew: false })
      expect(await store.members.find(acme.id, alice.id)).toMatchObject({ role: 'owner' })

      await store.members.set(acme.id, bob.id, 'owner', ORIGIN)
      expect(await store.members.remove(acme.id, alice.id, ORIGIN)).toEqual({ kind: 'removed' })
      expect(await store.members.set(acme.id, bob.id, 'manager', ORIGIN)).toEqual({ kind: 'last-owner' })
    })

    it('take with them what they had here, and nothing of what they have elsewhere', async () => {
      const { store, bob, acme } = await openAcme()
      const other = await createOrganization(store, 'other')
      for (const { id } of [acme, other]) {
        await store.members.set(id, bob.id, 'member', ORIGIN)
        await addToTeam(store, id, 'web', bob.id)
        const holder = { kind: 'user', id: bob.id } as const
        await store.grants.put({ organizationId: id, holder, pattern: 'web-*', permission: 'push' }, ORIGIN)
      }
      expect(await store.members.remove(acme.id, bob.id, ORIGIN)).toEqual({ kind: 'removed' })
      expect(await store.members.remove(acme.id, bob.id, ORIGIN)).toEqual({ kind: 'not-a-member' })
      expect(await store.members.find(acme.id, bob.id)).toBeUndefined()

      const page = { after: undefined, limit: 10 }
      expect(await store.teams.find(acme.id, 'web')).toMatchObject({ memberCount: 0 })
      expect((await store.grants.list(acme.id, undefined, page)).items).toEqual([])
      expect(await store.members.find(other.id, bob.id)).toMatchObject({ role: 'member' })
      expect(await store.teams.find(other.id, 'web')).toMatchObject({ memberCount: 1 })
      expect((await store.grants.list(other.id, undefined, page)).items).toHaveLength(1)
    })

    it('leave a trail that concerns the organization, also of what went with them', async () => {
      const { store, bob, acme } = await openAcme()
      await store.members.set(acme.id, bob.id, 'member', ORIGIN)
      await store.members.set(acme.id, bob.id, 'member', ORIGIN)
      await store.members.set(acme.id, bob.id, 'manager', ORIGIN)
      await addToTeam(store, acme.id, 'web', bob.id)
      await store.members.remove(acme.id, bob.id, ORIGIN)
      const trail = (await readTrail(store)).filter(({ object }) => object === 'acme/members/bob').reverse()
      expect(trail.map(({ action, detail }) => [action, detail])).toEqual([
        ['member.added', { role: 'member' }],
        ['member.updated', { role: { from: 'member', to: 'manager' } }],
        ['member.removed', { role: 'manager', teams: 1, grants: 0 }],
      ])
      for (const event of trail) expect(event).toMatchObject({ ownerId: acme.id, origin: ORIGIN })
    })

    it('go with their account and with their organization', async () => {
      const { store, alice, bob, acme } = await openAcme()
      await store.members.set(acme.id, bob.id, 'member', ORIGIN)
      expect(await store.accounts.delete(bob.id, ORIGIN)).toEqual({ kind: 'deleted' })
      expect(await store.members.find(acme.id, bob.id)).toBeUndefined()
      expect(await store.accounts.delete(acme.id, ORIGIN)).toEqual({ kind: 'deleted' })
      expect(await store.members.find(acme.id, alice.id)).toBeUndefined()
    })

    it.each([1, 2, 3, 4, 5])('are listed in order of user name, %i to a page', async (limit) => {
      const { store, acme, bob } = await openAcme()
      for (const name of ['dora', 'carl']) {
        await store.members.set(acme.id, (await createUser(store, name)).id, 'member', ORIGIN)
      }
      await store.members.set(acme.id, bob.id, 'member', ORIGIN)
      await createUser(store, 'bruno')
      const pages = await readPages((page) => store.members.list(acme.id, page), limit)
      expect(pages.flat().map(({ username }) => username)).toEqual(['alice', 'bob', 'carl', 'dora'])
      expect(pages).toHaveLength(Math.ceil(4 / limit))
    })
  })
}
