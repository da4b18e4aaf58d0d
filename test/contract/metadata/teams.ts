import { describe, expect, it } from 'vitest'
import type { AccountId, TeamId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Team } from '../../../storage/metadata/teams.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { createOrganization, createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const ABSENT = 999 as TeamId

async function createTeam(store: MetadataStore, organizationId: AccountId, name: string): Promise<Team> {
  const result = await store.teams.create(organizationId, name, ORIGIN)
  if (result.kind !== 'created') throw new Error(`there is a team ${name} already`)
  return result.team
}

/** Teams and who is in them. */
export function describeTeams(underTest: () => MetadataStoreUnderTest): void {
  /** An organization with a team, and bob who is a member of the organization. */
  async function openTeam() {
    const { store } = underTest()
    const acme = await createOrganization(store, 'acme')
    const bob = await createUser(store, 'bob')
    await store.members.set(acme.id, bob.id, 'member', ORIGIN)
    return { store, acme, bob, web: await createTeam(store, acme.id, 'web') }
  }

  describe('teams', () => {
    it('are found by their name in their organization', async () => {
      const { store, acme, web } = await openTeam()
      const createdAt = underTest().clock.now()
      const version = expect.any(Number)
      expect(web).toEqual({ id: web.id, organizationId: acme.id, name: 'web', memberCount: 0, createdAt, version })
      expect(await store.teams.find(acme.id, 'web')).toEqual(web)
      expect(await store.teams.find(acme.id, 'ops')).toBeUndefined()
      expect(await store.teams.find((await createOrganization(store, 'other')).id, 'web')).toBeUndefined()
    })

    it('have a name of their own in their organization, which a team elsewhere may have too', async () => {
      const { store, acme, web } = await openTeam()
      const other = await createOrganization(store, 'other')
      expect(await store.teams.create(acme.id, 'web', ORIGIN)).toEqual({ kind: 'name-taken' })
      const ops = await createTeam(store, acme.id, 'ops')
      expect(await store.teams.rename(ops.id, 'web', ORIGIN)).toEqual({ kind: 'name-taken' })
      expect((await createTeam(store, other.id, 'web')).id).not.toBe(web.id)
    })

    it('are renamed with all that they have', async () => {
      const { store, acme, bob, web } = await openTeam()
      await store.teams.addMember(web.id, bob.id, ORIGIN)
      const renamed = await store.teams.rename(web.id, 'frontend', ORIGIN)
      const team = { ...web, name: 'frontend', memberCount: 1, version: expect.any(Number) }
      expect(renamed).toEqual({ kind: 'renamed', team })
      expect(await store.teams.rename(web.id, 'frontend', ORIGIN)).toEqual(renamed)
      expect(renamed).toEqual({ kind: 'renamed', team: await store.teams.find(acme.id, 'frontend') })
      expect(await store.teams.find(acme.id, 'web')).toBeUndefined()
      expect(await store.teams.rename(ABSENT, 'frontend', ORIGIN)).toEqual({ kind: 'absent' })
    })

    it('are not renamed by whoever has not seen the last name', async () => {
      const { store, acme, bob, web } = await openTeam()
      await store.teams.addMember(web.id, bob.id, ORIGIN)
      expect(await store.teams.rename(web.id, 'ops', ORIGIN, web.version)).toMatchObject({ kind: 'renamed' })
      await store.teams.rename(web.id, 'web', ORIGIN)
      const trail = await readTrail(store)
      expect(await store.teams.rename(web.id, 'frontend', ORIGIN, web.version)).toEqual({ kind: 'stale' })
      expect(await store.teams.find(acme.id, 'web')).toMatchObject({ id: web.id })
      expect(await readTrail(store)).toEqual(trail)
      expect(await store.teams.rename(web.id, 'frontend', ORIGIN, 'any')).toMatchObject({ kind: 'renamed' })
    })

    it('are not taken for those that had their name before', async () => {
      const { store, acme, web } = await openTeam()
      const versions = [web.version]
      for (let round = 0; round < 3; round++) {
        const present = await store.teams.find(acme.id, 'web')
        await store.teams.delete(present?.id ?? ABSENT, ORIGIN)
        versions.push((await createTeam(store, acme.id, 'web')).version)
      }
      expect(new Set(versions).size).toBe(4)
    })

    it('take only members of their organization', async () => {
      const { store, bob, web } = await openTeam()
      const stranger = await createUser(store, 'stranger')
      await store.members.set((await createOrganization(store, 'other')).id, stranger.id, 'owner', ORIGIN)
      expect(await store.teams.addMember(web.id, stranger.id, ORIGIN)).toEqual({ kind: 'not-in-organization' })
      expect(await store.teams.addMember(ABSENT, bob.id, ORIGIN)).toEqual({ kind: 'not-in-organization' })
      expect(await store.teams.addMember(web.id, bob.id, ORIGIN)).toEqual({ kind: 'added' })
      expect(await store.teams.addMember(web.id, bob.id, ORIGIN)).toEqual({ kind: 'already-there' })
      const { items } = await store.teams.listMembers(web.id, { after: undefined, limit: 10 })
      expect(items).toEqual([{ userId: bob.id, username: 'bob', displayName: undefined }])
    })

    it('lose members one at a time', async () => {
      const { store, acme, bob, web } = await openTeam()
      await store.teams.addMember(web.id, bob.id, ORIGIN)
      expect(await store.teams.removeMember(web.id, bob.id, ORIGIN)).toBe(true)
      expect(await store.teams.removeMember(web.id, bob.id, ORIGIN)).toBe(false)
      expect(await store.teams.find(acme.id, 'web')).toMatchObject({ memberCount: 0 })
      expect(await store.members.find(acme.id, bob.id)).toBeDefined()
    })

    it('go with what was granted to them', async () => {
      const { store, acme, bob, web } = await openTeam()
      await store.teams.addMember(web.id, bob.id, ORIGIN)
      const holder = { kind: 'team', id: web.id } as const
      await store.grants.put({ organizationId: acme.id, holder, pattern: 'web-*', permission: 'push' }, ORIGIN)
      expect(await store.teams.delete(web.id, ORIGIN)).toEqual({ kind: 'deleted' })
      expect(await store.teams.delete(web.id, ORIGIN)).toEqual({ kind: 'absent' })
      expect(await store.teams.find(acme.id, 'web')).toBeUndefined()
      const page = { after: undefined, limit: 10 }
      expect((await store.grants.list(acme.id, undefined, page)).items).toEqual([])
      expect((await store.teams.listMembers(web.id, page)).items).toEqual([])
      expect((await createTeam(store, acme.id, 'web')).id).not.toBe(web.id)
    })

    it('leave a trail that concerns the organization', async () => {
      const { store, acme, bob, web } = await openTeam()
      await store.teams.addMember(web.id, bob.id, ORIGIN)
      await store.teams.addMember(web.id, bob.id, ORIGIN)
      await store.teams.removeMember(web.id, bob.id, ORIGIN)
      await store.teams.removeMember(web.id, bob.id, ORIGIN)
      await store.teams.rename(web.id, 'frontend', ORIGIN)
      await store.teams.rename(web.id, 'frontend', ORIGIN)
      await store.teams.delete(web.id, ORIGIN)
      const trail = (await readTrail(store)).filter(({ action }) => action.startsWith('team')).reverse()
      expect(trail.map(({ action, object, detail }) => [action, object, detail])).toEqual([
        ['team.created', 'acme/teams/web', {}],
        ['team_member.added', 'acme/teams/web/members/bob', {}],
        ['team_member.removed', 'acme/teams/web/members/bob', {}],
        ['team.updated', 'acme/teams/web', { name: { from: 'web', to: 'frontend' } }],
        ['team.deleted', 'acme/teams/frontend', { members: 0 }],
      ])
      for (const event of trail) expect(event).toMatchObject({ ownerId: acme.id, origin: ORIGIN })
    })

    it.each([1, 2, 3, 4])('and their members are listed in order of name, %i to a page', async (limit) => {
      const { store, acme, web } = await openTeam()
      for (const name of ['ops', 'docs']) await createTeam(store, acme.id, name)
      for (const name of ['zoe', 'alice', 'mia']) {
        const { id } = await createUser(store, name)
        await store.members.set(acme.id, id, 'member', ORIGIN)
        await store.teams.addMember(web.id, id, ORIGIN)
      }
      const teams = await readPages((page) => store.teams.list(acme.id, page), limit)
      expect(teams.flat().map(({ name, memberCount }) => [name, memberCount])).toEqual([
        ['docs', 0],
        ['ops', 0],
        ['web', 3],
      ])
      const members = await readPages((page) => store.teams.listMembers(web.id, page), limit)
      expect(members.flat().map(({ username }) => username)).toEqual(['alice', 'mia', 'zoe'])
    })
  })
}
