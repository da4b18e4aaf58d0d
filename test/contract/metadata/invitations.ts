import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { NewUser } from '../../../storage/metadata/accounts.ts'
import type { AccountId, InvitationId } from '../../../storage/metadata/identities.ts'
import type { Invitation, NewInvitation } from '../../../storage/metadata/invitations.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { createOrganization, createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const WEEK_MS = 7 * 24 * 60 * 60 * 1000

const firstPage = { after: undefined, limit: 10 }

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function newUser(name: string): { readonly kind: 'new-user'; readonly user: NewUser } {
  return { kind: 'new-user', user: { name, passwordHash: 'a hash', email: undefined, role: 'none' } }
}

function idsOf(invitations: readonly Invitation[]): readonly InvitationId[] {
  return invitations.map(({ id }) => id)
}

/** Invitations, and what comes of accepting them. */
export function describeInvitations(underTest: () => MetadataStoreUnderTest): void {
  /** An organization of alice's, who invites: a manager into it where nothing else is said, for a week. */
  async function openAcme() {
    const { store, clock } = underTest()
    const alice = await createUser(store, 'alice')
    const acme = await createOrganization(store, 'acme', alice.id)
    const invite = (token: string, changes: Partial<NewInvitation> = {}) =>
      store.invitations.create(
        {
          tokenHash: hashOf(token),
          organization: { id: acme.id, role: 'manager' },
          note: undefined,
          invitedBy: alice.id,
          expiresAt: clock.now() + WEEK_MS,
          ...changes,
        },
        ORIGIN,
      )
    return { store, clock, alice, acme, invite }
  }

  describe('invitations', () => {
    it('are found by the hash of their token, as they were made', async () => {
      const { store, clock, alice, acme, invite } = await openAcme()
      const invitation = await invite('one', { note: 'the new colleague' })
      expect(invitation).toEqual({
        id: invitation.id,
        organization: { id: acme.id, name: 'acme', role: 'manager' },
        note: 'the new colleague',
        invitedBy: { id: alice.id, name: 'alice' },
        createdAt: clock.now(),
        expiresAt: clock.now() + WEEK_MS,
      })
      expect(await store.invitations.findByHash(hashOf('one'))).toEqual(invitation)
      expect(await store.invitations.findByHash(hashOf('two'))).toBeUndefined()
      expect(await store.invitations.findByHash(Buffer.alloc(0))).toBeUndefined()
      const ontoRegistry = await invite('three', { organization: undefined })
      expect(ontoRegistry).toMatchObject({ organization: undefined, note: undefined })
    })

    it('make a new user with the role in the organization that they say, once', async () => {
      const { store, acme, invite } = await openAcme()
      await invite('one')
      const acceptance = await store.invitations.accept(hashOf('one'), newUser('bob'), ORIGIN)
      const bob = await store.accounts.findByName('bob')
      expect(acceptance).toEqual({ kind: 'accepted', account: bob })
      expect(bob && (await store.members.find(acme.id, bob.id))).toMatchObject({ role: 'manager' })
      expect(await store.invitations.accept(hashOf('one'), newUser('carl'), ORIGIN)).toEqual({ kind: 'unknown' })
      expect(await store.accounts.findByName('carl')).toBeUndefined()
    })

    it('make a member of somebody who has an account', async () => {
      const { store, acme, invite } = await openAcme()
      const bob = await createUser(store, 'bob')
      await invite('one')
      const by = { kind: 'user', id: bob.id } as const
      expect(await store.invitations.accept(hashOf('one'), by, ORIGIN)).toEqual({ kind: 'accepted', account: bob })
      expect(await store.members.find(acme.id, bob.id)).toMatchObject({ role: 'manager' })
    })

    it('onto the registry make a user and no member of anything', async () => {
      const { store, acme, invite } = await openAcme()
      await invite('one', { organization: undefined })
      expect(await store.invitations.accept(hashOf('one'), newUser('bob'), ORIGIN)).toMatchObject({ kind: 'accepted' })
      expect((await store.members.list(acme.id, firstPage)).items.map(({ username }) => username)).toEqual(['alice'])
    })

    it('are left for somebody else by whoever has what they offer, and change no role', async () => {
      const { store, alice, acme, invite } = await openAcme()
      await invite('into acme', { organization: { id: acme.id, role: 'member' } })
      await invite('onto the registry', { organization: undefined })
      const by = { kind: 'user', id: alice.id } as const
      for (const token of ['into acme', 'onto the registry']) {
        expect(await store.invitations.accept(hashOf(token), by, ORIGIN)).toEqual({ kind: 'already-member' })
        expect(await store.invitations.findByHash(hashOf(token))).toBeDefined()
      }
      expect(await store.members.find(acme.id, alice.id)).toMatchObject({ role: 'owner' })
    })

    it('remain when the name that a new user wants is taken', async () => {
      const { store, invite } = await openAcme()
      await invite('one')
      expect(await store.invitations.accept(hashOf('one'), newUser('acme'), ORIGIN)).toEqual({ kind: 'name-taken' })
      expect(await store.invitations.accept(hashOf('one'), newUser('bob'), ORIGIN)).toMatchObject({ kind: 'accepted' })
    })

    it('expire, and are nowhere from that moment on', async () => {
      const { store, clock, acme, invite } = await openAcme()
      const { id } = await invite('one')
      clock.advance(WEEK_MS - 1)
      expect(await store.invitations.findByHash(hashOf('one'))).toMatchObject({ id })
      clock.advance(1)
      expect(await store.invitations.findByHash(hashOf('one'))).toBeUndefined()
      expect((await store.invitations.list(acme.id, firstPage)).items).toEqual([])
      expect(await store.invitations.accept(hashOf('one'), newUser('bob'), ORIGIN)).toEqual({ kind: 'unknown' })
      expect(await store.invitations.delete(acme.id, id, ORIGIN)).toBe(false)
      expect(await store.accounts.findByName('bob')).toBeUndefined()
      await invite('two')
      expect(await store.invitations.findByHash(hashOf('two'))).toBeDefined()
    })

    it('are withdrawn where they belong, and nowhere else', async () => {
      const { store, acme, invite } = await openAcme()
      const other = await createOrganization(store, 'other')
      const intoAcme = await invite('into acme')
      const ontoRegistry = await invite('onto the registry', { organization: undefined })
      for (const [organizationId, { id }] of [
        [other.id, intoAcme],
        [undefined, intoAcme],
        [acme.id, ontoRegistry],
      ] as const) {
        expect(await store.invitations.delete(organizationId, id, ORIGIN)).toBe(false)
      }
      for (const [organizationId, { id }] of [
        [acme.id, intoAcme],
        [undefined, ontoRegistry],
      ] as const) {
        expect(await store.invitations.delete(organizationId, id, ORIGIN)).toBe(true)
        expect(await store.invitations.delete(organizationId, id, ORIGIN)).toBe(false)
      }
      expect(await store.invitations.accept(hashOf('into acme'), newUser('bob'), ORIGIN)).toEqual({ kind: 'unknown' })
    })

    it('go with whoever made them and with what they lead into', async () => {
      const { store, invite } = await openAcme()
      const carl = await createUser(store, 'carl')
      const other = await createOrganization(store, 'other')
      await invite('by carl', { invitedBy: carl.id })
      await invite('into other', { organization: { id: other.id, role: 'member' } })
      await store.accounts.delete(carl.id, ORIGIN)
      await store.accounts.delete(other.id, ORIGIN)
      expect(await store.invitations.findByHash(hashOf('by carl'))).toBeUndefined()
      expect(await store.invitations.findByHash(hashOf('into other'))).toBeUndefined()
    })

    it.each([1, 2, 3, 4])(
      'are listed for one organization or the registry, the newest first, %i to a page',
      async (limit) => {
        const { store, acme, invite } = await openAcme()
        const intoAcme: Invitation[] = []
        const ontoRegistry: Invitation[] = []
        for (const token of ['1', '2', '3']) {
          intoAcme.unshift(await invite(`into acme ${token}`))
          ontoRegistry.unshift(await invite(`onto the registry ${token}`, { organization: undefined }))
        }
        const read = async (organizationId: AccountId | undefined) =>
          (await readPages((page) => store.invitations.list(organizationId, page), limit)).flat()
        expect(idsOf(await read(acme.id))).toEqual(idsOf(intoAcme))
        expect(idsOf(await read(undefined))).toEqual(idsOf(ontoRegistry))
      },
    )

    it('leave a trail, also of what they made, and never their tokens', async () => {
      const { store, clock, acme, invite } = await openAcme()
      const before = (await readTrail(store)).length
      const { id } = await invite('one', { note: 'for bob' })
      const { id: withdrawnId } = await invite('two')
      const { id: ontoRegistryId } = await invite('three', { organization: undefined })
      await store.invitations.delete(acme.id, withdrawnId, ORIGIN)
      await store.invitations.accept(hashOf('one'), newUser('bob'), ORIGIN)
      await store.invitations.accept(hashOf('three'), newUser('carl'), ORIGIN)
      const trail = (await readTrail(store)).slice(0, -before).reverse()
      const expiresAt = clock.now() + WEEK_MS
      const [bob, carl] = [await store.accounts.findByName('bob'), await store.accounts.findByName('carl')]
      expect(trail.map(({ action, object, ownerId, detail }) => [action, object, ownerId, detail])).toEqual([
        ['invitation.created', `acme/invitations/${id}`, acme.id, { role: 'manager', note: 'for bob', expiresAt }],
        ['invitation.created', `acme/invitations/${withdrawnId}`, acme.id, { role: 'manager', expiresAt }],
        ['invitation.created', `invitations/${ontoRegistryId}`, undefined, { expiresAt }],
        ['invitation.deleted', `acme/invitations/${withdrawnId}`, acme.id, {}],
        ['account.created', 'bob', bob?.id, { kind: 'user', role: 'none' }],
        ['member.added', 'acme/members/bob', acme.id, { role: 'manager' }],
        ['invitation.accepted', `acme/invitations/${id}`, acme.id, { account: 'bob' }],
        ['account.created', 'carl', carl?.id, { kind: 'user', role: 'none' }],
        ['invitation.accepted', `invitations/${ontoRegistryId}`, undefined, { account: 'carl' }],
      ])
      expect(JSON.stringify(trail)).not.toContain(hashOf('one').toString('hex'))
    })
  })
}
