import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PERMISSIONS, type Permission } from '../../../oci/permission.ts'
import { ANONYMOUS } from '../../../server/access/credential.ts'
import { createPolicy, type Policy } from '../../../server/access/policy.ts'
import type { Account, BasePermission } from '../../../storage/metadata/accounts.ts'
import type { MemberRole } from '../../../storage/metadata/members.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createOrganization, createUser, ORIGIN } from '../../contract/metadata/sample-content.ts'
import {
  allowed,
  byPassword,
  bySecret,
  change,
  createRepository,
  createRobot,
  createTeam,
  giveGrant,
  upTo,
} from './sample-rights.ts'

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>
let store: MetadataStore
let policy: Policy
let acme: Account
let bob: Account

beforeEach(async () => {
  underTest = await openSqliteUnderTest()
  store = underTest.store
  policy = createPolicy(store)
  acme = await createOrganization(store, 'acme')
  bob = await createUser(store, 'bob')
  await createRepository(store, 'acme/web')
  await createRepository(store, 'acme/site', 'public')
})

afterEach(() => underTest.close())

/** Makes bob a member. */
async function join(role: MemberRole, basePermission: BasePermission): Promise<void> {
  await change(store, acme, { basePermission })
  await store.members.set(acme.id, bob.id, role, ORIGIN)
}

function bobMay(name: string): Promise<readonly Permission[]> {
  return allowed(policy, byPassword(bob), name)
}

describe('a member may, on every repository of the organization, there already or not (S01, M2)', () => {
  test.each([
    ['owner', 'none', 'admin'],
    ['owner', 'pull', 'admin'],
    ['owner', 'push', 'admin'],
    ['manager', 'none', 'admin'],
    ['manager', 'pull', 'admin'],
    ['manager', 'push', 'admin'],
    ['member', 'none', undefined],
    ['member', 'pull', 'pull'],
    ['member', 'push', 'push'],
    ['auditor', 'none', 'pull'],
    ['auditor', 'pull', 'pull'],
    ['auditor', 'push', 'pull'],
  ] as const)('as %s with the base permission %s, at most: %s', async (role, basePermission, most) => {
    await join(role, basePermission)
    expect(await bobMay('acme/web')).toEqual(upTo(most))
    expect(await bobMay('acme/absent')).toEqual(upTo(most))
    expect(await bobMay('acme/deep/er')).toEqual(upTo(most))
    expect(await bobMay('acme/site')).toEqual(upTo(most ?? 'pull'))
  })

  test('and nothing in another organization, nor any longer once removed (S08)', async () => {
    await createOrganization(store, 'other')
    await createRepository(store, 'other/web')
    await join('manager', 'push')
    expect(await bobMay('other/web')).toEqual([])
    expect(await bobMay('acme/web')).toEqual(upTo('admin'))
    await store.members.set(acme.id, bob.id, 'member', ORIGIN)
    expect(await bobMay('acme/web')).toEqual(upTo('push'))
    await store.members.remove(acme.id, bob.id, ORIGIN)
    expect(await bobMay('acme/web')).toEqual([])
  })
})

test.each(['none', 'pull', 'push'] as const)(
  'the base permission %s is for members only: not for strangers, robots or outside collaborators',
  async (basePermission) => {
    await change(store, acme, { basePermission })
    const { robot } = await createRobot(store, acme, 'ci', ['other: push'])
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'other: pull')
    const stranger = byPassword(await createUser(store, 'stranger'))
    for (const credential of [ANONYMOUS, stranger, bySecret(robot), byPassword(bob)]) {
      expect(await allowed(policy, credential, 'acme/web')).toEqual([])
      expect(await allowed(policy, credential, 'acme/site')).toEqual(['pull'])
    }
  },
)

describe('a grant', () => {
  test.each(PERMISSIONS)(
    'of %s to an outside collaborator counts on what it names, and nowhere else',
    async (permission) => {
      await giveGrant(store, acme, { kind: 'user', id: bob.id }, `web: ${permission}`)
      expect(await bobMay('acme/web')).toEqual(upTo(permission))
      for (const name of ['acme/webs', 'acme/we', 'acme/web/sub', 'acme/x/web', 'bob2/web', 'library/web']) {
        expect(await bobMay(name)).toEqual([])
      }
    },
  )

  test('on a pattern counts on all it covers, there already or not: so a first push is allowed by it', async () => {
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'web*: push')
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'team/**: maintain')
    expect(await bobMay('acme/web')).toEqual(upTo('push'))
    expect(await bobMay('acme/web-new')).toEqual(upTo('push'))
    expect(await bobMay('acme/web/sub')).toEqual([])
    expect(await bobMay('acme/team')).toEqual([])
    expect(await bobMay('acme/team/a/b')).toEqual(upTo('maintain'))
  })

  test('of several that cover a repository, the highest wins, through whomever', async () => {
    const team = await createTeam(store, acme, 'web')
    await join('member', 'pull')
    await store.teams.addMember(team.id, bob.id, ORIGIN)
    const own = await giveGrant(store, acme, { kind: 'user', id: bob.id }, '**: push')
    expect(await bobMay('acme/web')).toEqual(upTo('push'))
    const teams = await giveGrant(store, acme, { kind: 'team', id: team.id }, 'web: admin')
    expect(await bobMay('acme/web')).toEqual(upTo('admin'))
    await store.grants.delete(acme.id, own.id, ORIGIN)
    expect(await bobMay('acme/web')).toEqual(upTo('admin'))
    await store.grants.setPermission(acme.id, teams.id, 'maintain', ORIGIN)
    expect(await bobMay('acme/web')).toEqual(upTo('maintain'))
    await store.grants.delete(acme.id, teams.id, ORIGIN)
    expect(await bobMay('acme/web')).toEqual(upTo('pull'))
  })

  test('to a team is its members’, as long as they are in it', async () => {
    await join('member', 'none')
    const carol = await createUser(store, 'carol')
    await store.members.set(acme.id, carol.id, 'member', ORIGIN)
    const team = await createTeam(store, acme, 'web', bob)
    await giveGrant(store, acme, { kind: 'team', id: team.id }, 'web: maintain')
    expect(await bobMay('acme/web')).toEqual(upTo('maintain'))
    expect(await allowed(policy, byPassword(carol), 'acme/web')).toEqual([])
    await store.teams.removeMember(team.id, bob.id, ORIGIN)
    expect(await bobMay('acme/web')).toEqual([])
    await store.teams.addMember(team.id, bob.id, ORIGIN)
    await store.teams.delete(team.id, ORIGIN)
    expect(await bobMay('acme/web')).toEqual([])
  })
})

describe('an organization’s auditor is capped at pull', () => {
  test('whatever else is granted, to the user or to a team', async () => {
    await join('auditor', 'push')
    const team = await createTeam(store, acme, 'web', bob)
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, '**: admin')
    await giveGrant(store, acme, { kind: 'team', id: team.id }, 'web: admin')
    expect(await bobMay('acme/web')).toEqual(['pull'])
    // What was granted is not lost: it counts again when the user is no auditor any more.
    await store.members.set(acme.id, bob.id, 'member', ORIGIN)
    expect(await bobMay('acme/web')).toEqual(upTo('admin'))
  })

  test('in that organization, not elsewhere', async () => {
    const other = await createOrganization(store, 'other')
    await join('auditor', 'none')
    await giveGrant(store, other, { kind: 'user', id: bob.id }, '**: push')
    expect(await bobMay('other/web')).toEqual(upTo('push'))
    expect(await bobMay('bob/own')).toEqual(upTo('admin'))
  })

  test('unless an administrator of the instance, who stays one', async () => {
    await join('auditor', 'none')
    bob = await change(store, bob, { role: 'admin' })
    expect(await bobMay('acme/web')).toEqual(upTo('admin'))
  })
})

test('an auditor of the instance pulls everything, and holds besides what was given like anybody', async () => {
  bob = await change(store, bob, { role: 'auditor' })
  expect(await bobMay('acme/web')).toEqual(['pull'])
  await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'web: push')
  expect(await bobMay('acme/web')).toEqual(upTo('push'))
  expect(await bobMay('acme/absent')).toEqual(['pull'])
})

describe('a robot', () => {
  test('may what was granted to it in its organization, and pull what is public anywhere', async () => {
    const { robot } = await createRobot(store, acme, 'ci', ['web*: push', 'tools/**: pull'])
    const credential = bySecret(robot)
    await createUser(store, 'carol')
    await createRepository(store, 'carol/site', 'public')
    expect(await allowed(policy, credential, 'acme/web')).toEqual(upTo('push'))
    expect(await allowed(policy, credential, 'acme/web-new')).toEqual(upTo('push'))
    expect(await allowed(policy, credential, 'acme/tools/a')).toEqual(['pull'])
    expect(await allowed(policy, credential, 'acme/api')).toEqual([])
    expect(await allowed(policy, credential, 'carol/site')).toEqual(['pull'])
  })

  test('has nothing elsewhere, be its patterns as wide as they are, and be there a robot of the same name', async () => {
    const other = await createOrganization(store, 'other')
    await createRobot(store, other, 'ci', ['**: admin'])
    const { robot } = await createRobot(store, acme, 'ci', ['**: admin'])
    for (const name of ['other/web', 'bob/web', 'library/web', 'nobody/web']) {
      expect(await allowed(policy, bySecret(robot), name)).toEqual([])
    }
    expect(await allowed(policy, bySecret(robot), 'acme/any')).toEqual(upTo('admin'))
  })

  test('is not the user with the same number', async () => {
    const { robot } = await createRobot(store, acme, 'ci', [])
    const id = Number(bob.id) as typeof robot.id
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'web: admin')
    await store.members.set(acme.id, bob.id, 'owner', ORIGIN)
    expect(await allowed(policy, bySecret({ ...robot, id }), 'acme/web')).toEqual([])
  })

  test('loses at once what is taken away from it', async () => {
    const { robot } = await createRobot(store, acme, 'ci', ['web: push'])
    const holder = { kind: 'robot', id: robot.id } as const
    for (const { id } of (await store.grants.list(acme.id, holder, { after: undefined, limit: 10 })).items) {
      await store.grants.delete(acme.id, id, ORIGIN)
    }
    expect(await allowed(policy, bySecret(robot), 'acme/web')).toEqual([])
  })
})
