import { describe, expect, it } from 'vitest'
import type { GrantHolder } from '../../../storage/metadata/grants.ts'
import type { GrantId } from '../../../storage/metadata/identities.ts'
import type { IfVersion } from '../../../storage/metadata/versions.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { createRobot, createTeam, give } from './sample-access.ts'
import { createOrganization, createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** Grants: given, seen, changed and taken away. */
export function describeGrants(underTest: () => MetadataStoreUnderTest): void {
  /** Two organizations, and in the first a user, a team and a robot. */
  async function openHolders() {
    const { store } = underTest()
    const [acme, other] = [await createOrganization(store, 'acme'), await createOrganization(store, 'other')]
    const bob: GrantHolder = { kind: 'user', id: (await createUser(store, 'bob')).id }
    const web: GrantHolder = { kind: 'team', id: (await createTeam(store, acme.id, 'web')).id }
    const ci: GrantHolder = { kind: 'robot', id: (await createRobot(store, acme.id, 'ci')).id }
    return { store, acme, other, bob, web, ci }
  }

  describe('grants', () => {
    it('are found in their organization as they were given, with the name of their holder', async () => {
      const { store, acme, other, bob, web, ci } = await openHolders()
      const createdAt = underTest().clock.now()
      for (const [holder, name] of [
        [bob, 'bob'],
        [web, 'web'],
        [ci, 'ci'],
      ] as const) {
        const grant = await give(store, acme.id, holder, 'web-*', 'push')
        expect(grant).toEqual({
          id: grant.id,
          organizationId: acme.id,
          holder: { ...holder, name },
          pattern: 'web-*',
          permission: 'push',
          createdAt,
          version: expect.any(Number),
        })
        expect(await store.grants.find(acme.id, grant.id)).toEqual(grant)
        expect(await store.grants.find(other.id, grant.id)).toBeUndefined()
      }
      expect(await store.grants.find(acme.id, 999 as GrantId)).toBeUndefined()
    })

    it('for the same pattern are one: given again it changes', async () => {
      const { store, acme, other, bob, web } = await openHolders()
      for (const holder of [bob, web]) {
        const given = { organizationId: acme.id, holder, pattern: 'web', permission: 'pull' } as const
        expect(await store.grants.put(given, ORIGIN)).toMatchObject({ kind: 'put', isNew: true })
        const first = await give(store, acme.id, holder, 'web')
        const changed = await store.grants.put({ ...given, permission: 'admin' }, ORIGIN)
        const grant = { ...first, permission: 'admin', version: expect.any(Number) }
        expect(changed).toEqual({ kind: 'put', isNew: false, grant })
        expect(await store.grants.find(acme.id, first.id)).toMatchObject({ permission: 'admin' })
        expect(await store.grants.put({ ...given, pattern: 'web*' }, ORIGIN)).toMatchObject({ isNew: true })
      }
      const elsewhere = { organizationId: other.id, holder: bob, pattern: 'web', permission: 'pull' } as const
      expect(await store.grants.put(elsewhere, ORIGIN)).toMatchObject({ isNew: true })
    })

    it('are not given to another organization’s teams and robots, nor to an organization (S19)', async () => {
      const { store, acme, other, web, ci } = await openHolders()
      const organization: GrantHolder = { kind: 'user', id: acme.id }
      for (const holder of [web, ci, organization]) {
        await expect(give(store, other.id, holder, '**')).rejects.toThrow(/cannot grant/)
      }
      expect((await store.grants.list(other.id, undefined, { after: undefined, limit: 9 })).items).toEqual([])
    })

    it('change their permission, in their organization only (S19)', async () => {
      const { store, acme, other, web } = await openHolders()
      const grant = await give(store, acme.id, web, 'web')
      expect(await store.grants.setPermission(other.id, grant.id, 'admin', ORIGIN)).toEqual({ kind: 'absent' })
      expect(await store.grants.find(acme.id, grant.id)).toEqual(grant)
      const changed = { ...grant, permission: 'maintain', version: expect.any(Number) }
      const result = await store.grants.setPermission(acme.id, grant.id, 'maintain', ORIGIN)
      expect(result).toEqual({ kind: 'set', grant: changed })
      expect(result).toEqual({ kind: 'set', grant: await store.grants.find(acme.id, grant.id) })
    })

    it('are not changed by whoever has not seen the last change, and not given anew', async () => {
      const { store, acme, web } = await openHolders()
      const seen = await give(store, acme.id, web, 'web', 'push')
      const given = { organizationId: acme.id, holder: web, pattern: 'web', permission: 'admin' } as const
      const setAdmin = () => store.grants.setPermission(acme.id, seen.id, 'admin', ORIGIN, seen.version)
      const putAdmin = (ifVersion: IfVersion) => store.grants.put(given, ORIGIN, ifVersion)
      expect(await store.grants.setPermission(acme.id, seen.id, 'pull', ORIGIN, seen.version)).toMatchObject({
        kind: 'set',
      })
      const present = await store.grants.find(acme.id, seen.id)
      const trail = await readTrail(store)
      expect(await setAdmin()).toEqual({ kind: 'stale' })
      expect(await putAdmin(seen.version)).toEqual({ kind: 'stale' })
      expect(await store.grants.find(acme.id, seen.id)).toEqual(present)
      expect(await readTrail(store)).toEqual(trail)
      expect(await putAdmin('any')).toMatchObject({ kind: 'put', isNew: false })

      await store.grants.delete(acme.id, seen.id, ORIGIN)
      expect(await setAdmin()).toEqual({ kind: 'absent' })
      for (const ifVersion of [seen.version, 'any'] as const)
        expect(await putAdmin(ifVersion)).toEqual({ kind: 'stale' })
      expect((await store.grants.list(acme.id, web, { after: undefined, limit: 9 })).items).toEqual([])
    })

    it('have the same version as long as their permission is the same', async () => {
      const { store, acme, web } = await openHolders()
      const grant = await give(store, acme.id, web, 'web', 'push')
      expect(await give(store, acme.id, web, 'web', 'push')).toEqual(grant)
      const unchanged = { kind: 'set', grant }
      expect(await store.grants.setPermission(acme.id, grant.id, 'push', ORIGIN, grant.version)).toEqual(unchanged)
    })

    it('are taken away, in their organization only (S19)', async () => {
      const { store, acme, other, web } = await openHolders()
      const { id } = await give(store, acme.id, web, 'web')
      expect(await store.grants.delete(other.id, id, ORIGIN)).toEqual({ kind: 'absent' })
      expect(await store.grants.find(acme.id, id)).toBeDefined()
      expect(await store.grants.delete(acme.id, id, ORIGIN)).toEqual({ kind: 'deleted' })
      expect(await store.grants.delete(acme.id, id, ORIGIN)).toEqual({ kind: 'absent' })
      expect(await store.grants.find(acme.id, id)).toBeUndefined()
    })

    it('are listed in the order of their making, page by page, of everybody or of one holder', async () => {
      const { store, acme, other, bob, web, ci } = await openHolders()
      await give(store, other.id, bob, 'z')
      for (const pattern of ['z', 'a/**', 'm-*'])
        for (const holder of [bob, web, ci]) await give(store, acme.id, holder, pattern)
      const read = async (holder: GrantHolder | undefined, limit: number) => {
        const pages = await readPages((page) => store.grants.list(acme.id, holder, page), limit)
        return pages.flat().map((grant) => `${grant.holder.name} ${grant.pattern}`)
      }
      for (const limit of [1, 2, 3, 9, 10]) {
        for (const holder of [bob, web, ci]) {
          const name = { user: 'bob', team: 'web', robot: 'ci' }[holder.kind]
          expect(await read(holder, limit)).toEqual([`${name} z`, `${name} a/**`, `${name} m-*`])
        }
        expect(await read(undefined, limit)).toEqual(
          ['z', 'a/**', 'm-*'].flatMap((pattern) => [`bob ${pattern}`, `web ${pattern}`, `ci ${pattern}`]),
        )
      }
    })

    it.each(['', '0', '-1', '1.5', '1e3', ' 1', 'x', "1' OR '1'='1", '9'.repeat(40)])(
      'are listed from the beginning after %j, which is no grant',
      async (after) => {
        const { store, acme, bob } = await openHolders()
        const grant = await give(store, acme.id, bob, 'web')
        expect(await store.grants.list(acme.id, undefined, { after, limit: 9 })).toEqual({
          items: [grant],
          next: undefined,
        })
      },
    )

    it('that cover a repository are listed, whoever holds them', async () => {
      const { store, acme, other, bob, web, ci } = await openHolders()
      await give(store, other.id, bob, '**')
      await give(store, acme.id, bob, 'web-api')
      await give(store, acme.id, web, 'web-*')
      await give(store, acme.id, web, 'web')
      await give(store, acme.id, ci, '**')
      await give(store, acme.id, ci, 'web-*/**')
      await give(store, acme.id, bob, '*-api')
      const read = async (path: string, limit: number) =>
        (await readPages((page) => store.grants.listCovering(acme.id, path, page), limit))
          .flat()
          .map(({ pattern }) => pattern)
      for (const limit of [1, 3, 4, 9]) {
        expect(await read('web-api', limit)).toEqual(['web-api', 'web-*', '**', '*-api'])
        expect(await read('web', limit)).toEqual(['web', '**'])
        expect(await read('web-api/v1', limit)).toEqual(['**', 'web-*/**'])
      }
    })

    it('leave a trail that says who got what, and nothing where nothing changes', async () => {
      const { store, acme, web } = await openHolders()
      const before = (await readTrail(store)).length
      const { id } = await give(store, acme.id, web, 'web-*', 'push')
      await give(store, acme.id, web, 'web-*', 'push')
      await give(store, acme.id, web, 'web-*', 'pull')
      await store.grants.setPermission(acme.id, id, 'pull', ORIGIN)
      await store.grants.setPermission(acme.id, id, 'admin', ORIGIN)
      await store.grants.delete(acme.id, id, ORIGIN)
      const events = (await readTrail(store)).toReversed().slice(before)
      const what = { holder: { kind: 'team', name: 'web' }, repositories: 'acme/web-*' }
      expect(events.map(({ action, detail }) => [action, detail])).toEqual([
        ['grant.created', { ...what, permission: 'push' }],
        ['grant.updated', { ...what, from: 'push', to: 'pull' }],
        ['grant.updated', { ...what, from: 'pull', to: 'admin' }],
        ['grant.deleted', { ...what, permission: 'admin' }],
      ])
      for (const event of events)
        expect(event).toMatchObject({ object: `acme/grants/${id}`, ownerId: acme.id, origin: ORIGIN })
    })
  })
}
