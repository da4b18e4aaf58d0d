import { describe, expect, it } from 'vitest'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { createRobot, createTeam, give } from './sample-access.ts'
import { createOrganization, createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

type Holder = Parameters<MetadataStore['rights']['grantsCovering']>[2]

/** The grants that a holder has there, in alphabetical order, as `pattern permission (team)`. */
async function readHeld(store: MetadataStore, ownerId: AccountId, path: string, holder: Holder): Promise<string[]> {
  const grants = await store.rights.grantsCovering(ownerId, path, holder)
  return grants.map(({ pattern, permission, team }) => `${pattern} ${permission}${team ? ` (${team})` : ''}`).sort()
}

/** What the policy decides from. */
export function describeRights(underTest: () => MetadataStoreUnderTest): void {
  describe('the standing of a user', () => {
    it('tells the role in an organization and what members hold there', async () => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      const bob = await createUser(store, 'bob')
      const base = { ownerKind: 'organization', basePermission: 'pull' }
      expect(await store.rights.standing(acme.id, bob.id)).toEqual({ ...base, memberRole: undefined })
      await store.members.set(acme.id, bob.id, 'auditor', ORIGIN)
      expect(await store.rights.standing(acme.id, bob.id)).toEqual({ ...base, memberRole: 'auditor' })
      await store.accounts.update(acme.id, { basePermission: 'none' }, ORIGIN)
      await createOrganization(store, 'other', bob.id)
      expect(await store.rights.standing(acme.id, bob.id)).toEqual({
        ...base,
        basePermission: 'none',
        memberRole: 'auditor',
      })
    })

    it('is nothing to other users, and absent where there is no account', async () => {
      const { store } = underTest()
      const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
      expect(await store.rights.standing(alice.id, bob.id)).toMatchObject({ ownerKind: 'user', memberRole: undefined })
      expect(await store.rights.standing(999 as AccountId, bob.id)).toBeUndefined()
    })
  })

  describe('the grants that cover a repository', () => {
    it('are those of the user, directly or through a team, and nobody else’s', async () => {
      const { store } = underTest()
      const [acme, other] = [await createOrganization(store, 'acme'), await createOrganization(store, 'other')]
      const [bob, eve] = [await createUser(store, 'bob'), await createUser(store, 'eve')]
      const web = await createTeam(store, acme.id, 'web', [bob.id])
      const ops = await createTeam(store, acme.id, 'ops', [eve.id])
      const elsewhere = await createTeam(store, other.id, 'elsewhere', [bob.id])
      await give(store, acme.id, { kind: 'user', id: bob.id }, 'web-*', 'push')
      await give(store, acme.id, { kind: 'team', id: web.id }, '**', 'pull')
      await give(store, acme.id, { kind: 'team', id: ops.id }, 'web-api', 'admin')
      await give(store, acme.id, { kind: 'user', id: eve.id }, 'web-api', 'maintain')
      await give(store, other.id, { kind: 'user', id: bob.id }, 'web-api', 'admin')
      await give(store, other.id, { kind: 'team', id: elsewhere.id }, '**', 'admin')
      const read = (path: string, id: AccountId) => readHeld(store, acme.id, path, { kind: 'user', id })
      expect(await read('web-api', bob.id)).toEqual(['** pull (web)', 'web-* push'])
      expect(await read('web-api', eve.id)).toEqual(['web-api admin (ops)', 'web-api maintain'])
      expect(await read('api', bob.id)).toEqual(['** pull (web)'])
      expect(await read('api', eve.id)).toEqual([])

      await store.teams.removeMember(web.id, bob.id, ORIGIN)
      expect(await read('web-api', bob.id)).toEqual(['web-* push'])
    })

    it('are those of the robot, and not of a user or another robot with its number', async () => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      const [ci, cd] = [await createRobot(store, acme.id, 'ci'), await createRobot(store, acme.id, 'cd')]
      await give(store, acme.id, { kind: 'robot', id: ci.id }, 'web/**', 'push')
      expect(await readHeld(store, acme.id, 'web/api', { kind: 'robot', id: ci.id })).toEqual(['web/** push'])
      expect(await readHeld(store, acme.id, 'web', { kind: 'robot', id: ci.id })).toEqual([])
      expect(await readHeld(store, acme.id, 'web/api', { kind: 'robot', id: cd.id })).toEqual([])
      const sameNumber = { kind: 'user', id: ci.id as number as AccountId } as const
      expect(await readHeld(store, acme.id, 'web/api', sameNumber)).toEqual([])
    })

    it.each([
      ['web', 'web', true],
      ['web', 'web-api', false],
      ['web', 'web/api', false],
      ['web*', 'web', true],
      ['web*', 'web/api', false],
      ['*', 'web', true],
      ['*', 'web/api', false],
      ['**', 'web/api/v1', true],
      ['web/**', 'web', false],
      ['**/api', 'web/api', true],
      ['*b/a*', 'web/api', true],
      ['w%', 'web', false],
      ['we_', 'web', false],
      ['a'.repeat(250), 'a'.repeat(250), true],
      [`${'a'.repeat(249)}*`, 'a'.repeat(250), true],
    ])('are found by what their pattern means: %s for %s', async (pattern, path, isCovered) => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      const bob = { kind: 'user', id: (await createUser(store, 'bob')).id } as const
      const team = await createTeam(store, acme.id, 'web', [bob.id])
      await give(store, acme.id, { kind: 'team', id: team.id }, pattern)
      await give(store, acme.id, bob, pattern)
      expect(await store.rights.grantsCovering(acme.id, path, bob)).toHaveLength(isCovered ? 2 : 0)
    })

    it('tell the strongest to somebody in very many teams, too', async () => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      const bob = await createUser(store, 'bob')
      const stranger = await createTeam(store, acme.id, 'stranger', [(await createUser(store, 'eve')).id])
      await give(store, acme.id, { kind: 'team', id: stranger.id }, '**', 'admin')
      for (let each = 0; each < 100; each++) {
        const team = await createTeam(store, acme.id, `team-${each}`, [bob.id])
        await give(store, acme.id, { kind: 'team', id: team.id }, '**', each === 70 ? 'maintain' : 'pull')
        await give(store, acme.id, { kind: 'team', id: team.id }, `other-${each}`, 'admin')
      }
      const held = await readHeld(store, acme.id, 'web', { kind: 'user', id: bob.id })
      expect(held).toContain('** maintain (team-70)')
      expect(held.filter((each) => !each.startsWith('** pull'))).toEqual(['** maintain (team-70)'])
      expect(held.filter((each) => each.startsWith('** pull'))).not.toEqual([])
    })
  })
}
