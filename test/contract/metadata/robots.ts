import { describe, expect, it } from 'vitest'
import type { RobotId, RobotSecretId } from '../../../storage/metadata/identities.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { createRobot, hashOf } from './sample-access.ts'
import { createOrganization, ORIGIN, renameAccount } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const ABSENT = 999 as RobotId & RobotSecretId

/** Robots and their secrets. */
export function describeRobots(underTest: () => MetadataStoreUnderTest): void {
  async function openRobot() {
    const { store, clock } = underTest()
    const acme = await createOrganization(store, 'acme')
    const scopes = [
      { pattern: 'web-*', permission: 'push' },
      { pattern: 'web-*', permission: 'pull' },
      { pattern: 'base', permission: 'pull' },
    ] as const
    const ci = await createRobot(store, acme.id, 'ci', { scopes, expiresAt: 9000 })
    return { store, clock, acme, ci }
  }

  describe('robots', () => {
    it('are found in their organization as they were made', async () => {
      const { store, clock, acme, ci } = await openRobot()
      expect(ci).toEqual({
        id: ci.id,
        organizationId: acme.id,
        organizationName: 'acme',
        name: 'ci',
        expiresAt: 9000,
        disabledAt: undefined,
        createdAt: clock.now(),
        version: expect.any(Number),
      })
      expect(await store.robots.find(acme.id, 'ci')).toEqual(ci)
      expect(await store.robots.find(acme.id, 'cd')).toBeUndefined()
      expect(await store.robots.find((await createOrganization(store, 'other')).id, 'ci')).toBeUndefined()
    })

    it('have their scopes as grants, of several for one pattern the strongest', async () => {
      const { store, acme, ci } = await openRobot()
      const holder = { kind: 'robot', id: ci.id } as const
      const { items } = await store.grants.list(acme.id, holder, { after: undefined, limit: 9 })
      expect(items.map(({ pattern, permission }) => [pattern, permission])).toEqual([
        ['web-*', 'push'],
        ['base', 'pull'],
      ])
    })

    it('have a name of their own in their organization; nothing is left of one whose name was taken', async () => {
      const { store, acme, ci } = await openRobot()
      const trail = await readTrail(store)
      const again = { organizationId: acme.id, name: 'ci', expiresAt: undefined, secretHash: hashOf('again') }
      const scopes = [{ pattern: '**', permission: 'admin' }] as const
      expect(await store.robots.create({ ...again, scopes }, ORIGIN)).toEqual({ kind: 'name-taken' })
      expect(await store.robots.findBySecret(hashOf('again'))).toBeUndefined()
      expect(await store.robots.listSecrets(ci.id)).toHaveLength(1)
      expect(await readTrail(store)).toEqual(trail)
      const other = await createOrganization(store, 'other')
      expect((await createRobot(store, other.id, 'ci', { secretHash: hashOf('other') })).id).not.toBe(ci.id)
    })

    it('are listed in order of name, page by page', async () => {
      const { store, acme } = await openRobot()
      for (const name of ['d', 'a', 'z']) await createRobot(store, acme.id, name)
      await createRobot(store, (await createOrganization(store, 'other')).id, 'b')
      for (const limit of [1, 2, 4, 5]) {
        const pages = await readPages((page) => store.robots.list(acme.id, page), limit)
        expect(pages.flat().map(({ name }) => name)).toEqual(['a', 'ci', 'd', 'z'])
      }
    })

    it('go by the name that their organization has now', async () => {
      const { store, acme, ci } = await openRobot()
      await renameAccount(store, acme.id, 'zenith')
      const renamed = { ...ci, organizationName: 'zenith' }
      expect(await store.robots.find(acme.id, 'ci')).toEqual(renamed)
      expect(await store.robots.findBySecret(hashOf('ci'))).toMatchObject({ robot: renamed })
    })

    it('change in what is said, and in nothing else but their version', async () => {
      const { store, clock, acme, ci } = await openRobot()
      let robot = ci
      const change = async (changes: Parameters<typeof store.robots.update>[1], expected: Partial<typeof ci>) => {
        robot = { ...robot, ...expected, version: robot.version + 1 }
        expect(await store.robots.update(ci.id, changes, ORIGIN)).toEqual({ kind: 'updated', robot })
        expect(await store.robots.find(acme.id, 'ci')).toEqual(robot)
        clock.advance(1000)
      }
      await change({ disabled: true }, { disabledAt: clock.now() })
      await change({ disabled: true }, {})
      await change({ expiresAt: null }, { expiresAt: undefined })
      await change({ expiresAt: 5000, disabled: false }, { expiresAt: 5000, disabledAt: undefined })
      await change({}, {})
      expect(await store.robots.update(ABSENT, { disabled: true }, ORIGIN)).toEqual({ kind: 'absent' })
    })

    it('are not changed by whoever has not seen the last change', async () => {
      const { store, acme, ci } = await openRobot()
      await store.robots.update(ci.id, { disabled: true }, ORIGIN, ci.version)
      const trail = await readTrail(store)
      expect(await store.robots.update(ci.id, { disabled: false }, ORIGIN, ci.version)).toEqual({ kind: 'stale' })
      const version = ci.version + 1
      expect(await store.robots.find(acme.id, 'ci')).toMatchObject({ disabledAt: expect.any(Number), version })
      expect(await readTrail(store)).toEqual(trail)
    })

    it('that are deleted are gone with their grants and secrets, and leave other robots alone', async () => {
      const { store, acme, ci } = await openRobot()
      const cd = await createRobot(store, acme.id, 'cd', { scopes: [{ pattern: '**', permission: 'pull' }] })
      expect(await store.robots.delete(ci.id, ORIGIN)).toEqual({ kind: 'deleted' })
      expect(await store.robots.delete(ci.id, ORIGIN)).toEqual({ kind: 'absent' })
      expect(await store.robots.find(acme.id, 'ci')).toBeUndefined()
      expect(await store.robots.findBySecret(hashOf('ci'))).toBeUndefined()
      const { items } = await store.grants.list(acme.id, undefined, { after: undefined, limit: 9 })
      expect(items.map(({ holder }) => holder.name)).toEqual(['cd'])
      expect((await createRobot(store, acme.id, 'ci')).id).toBeGreaterThan(cd.id)
    })

    it('leave a trail of themselves, their scopes and their secrets', async () => {
      const { store, acme, ci } = await openRobot()
      await store.robots.addSecret(ci.id, hashOf('second'), ORIGIN)
      const [first, second] = await store.robots.listSecrets(ci.id)
      await store.robots.deleteSecret(ci.id, first?.id ?? ABSENT, ORIGIN)
      await store.robots.update(ci.id, { disabled: true, expiresAt: null }, ORIGIN)
      await store.robots.delete(ci.id, ORIGIN)
      const events = (await readTrail(store)).filter(({ action }) => !action.startsWith('account.')).toReversed()
      expect(events.map(({ action, object }) => [action, object.replace(/grants\/\d+/, 'grants/N')])).toEqual([
        ['robot.created', 'acme+ci'],
        ['grant.created', 'acme/grants/N'],
        ['grant.created', 'acme/grants/N'],
        ['robot_secret.created', `acme+ci/secrets/${first?.id}`],
        ['robot_secret.created', `acme+ci/secrets/${second?.id}`],
        ['robot_secret.deleted', `acme+ci/secrets/${first?.id}`],
        ['robot.updated', 'acme+ci'],
        ['robot.deleted', 'acme+ci'],
      ])
      for (const event of events) expect(event).toMatchObject({ ownerId: acme.id, origin: ORIGIN })
      expect(events[0]?.detail).toEqual({ expiresAt: 9000 })
      expect(events[6]?.detail).toEqual({ disabled: true, expiresAt: null })
    })
  })

  describe('the secrets of a robot', () => {
    it('lead to it, whatever state it is in, as long as they are its own', async () => {
      const { store, acme, ci } = await openRobot()
      const cd = await createRobot(store, acme.id, 'cd')
      const found = await store.robots.findBySecret(hashOf('ci'))
      expect(found?.robot).toEqual(ci)
      const secretId = found?.secretId ?? ABSENT
      expect(await store.robots.findBySecret(hashOf('no'))).toBeUndefined()
      expect(await store.robots.findWithSecret(ci.id, secretId)).toEqual(ci)
      expect(await store.robots.findWithSecret(cd.id, secretId)).toBeUndefined()
      expect(await store.robots.findWithSecret(ci.id, ABSENT)).toBeUndefined()

      await store.robots.update(ci.id, { disabled: true, expiresAt: 1 }, ORIGIN)
      const disabled = await store.robots.find(acme.id, 'ci')
      expect(await store.robots.findBySecret(hashOf('ci'))).toEqual({ robot: disabled, secretId })
      expect(await store.robots.findWithSecret(ci.id, secretId)).toEqual(disabled)
    })

    it('are two at most, so that one can follow the other without a gap', async () => {
      const { store, clock, ci } = await openRobot()
      clock.advance(1000)
      const added = await store.robots.addSecret(ci.id, hashOf('second'), ORIGIN)
      const unused = { lastUsedAt: undefined, lastUsedFrom: undefined }
      const [first, second, ...more] = await store.robots.listSecrets(ci.id)
      expect(first).toEqual({ id: first?.id, createdAt: ci.createdAt, ...unused })
      expect(second).toEqual({ id: second?.id, createdAt: clock.now(), ...unused })
      expect(more).toEqual([])
      expect(added).toEqual({ kind: 'added', secret: second })
      expect(await store.robots.addSecret(ci.id, hashOf('third'), ORIGIN)).toEqual({ kind: 'too-many' })
      expect(await store.robots.findBySecret(hashOf('third'))).toBeUndefined()

      expect(await store.robots.deleteSecret(ci.id, first?.id ?? ABSENT, ORIGIN)).toBe(true)
      expect(await store.robots.findBySecret(hashOf('ci'))).toBeUndefined()
      expect(await store.robots.findWithSecret(ci.id, first?.id ?? ABSENT)).toBeUndefined()
      expect(await store.robots.findBySecret(hashOf('second'))).toMatchObject({ robot: { id: ci.id } })
      expect(await store.robots.addSecret(ci.id, hashOf('third'), ORIGIN)).toMatchObject({ kind: 'added' })
    })

    it('are taken away from it only through itself (S19)', async () => {
      const { store, acme, ci } = await openRobot()
      const cd = await createRobot(store, acme.id, 'cd')
      const [secret] = await store.robots.listSecrets(ci.id)
      expect(await store.robots.deleteSecret(cd.id, secret?.id ?? ABSENT, ORIGIN)).toBe(false)
      expect(await store.robots.deleteSecret(ABSENT, secret?.id ?? ABSENT, ORIGIN)).toBe(false)
      expect(await store.robots.listSecrets(ci.id)).toEqual([secret])
    })
  })
}
