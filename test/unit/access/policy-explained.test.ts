import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PERMISSIONS } from '../../../oci/permission.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { ANONYMOUS, type Subject } from '../../../server/access/credential.ts'
import {
  createPolicy,
  highestPermission,
  type Policy,
  type Right,
  rightsByGrants,
  rightsByStanding,
} from '../../../server/access/policy.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import type { GrantId } from '../../../storage/metadata/identities.ts'
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
})

afterEach(() => underTest.close())

/** What a subject holds, and through what, as far as it is worth reading. */
async function explained(subject: Subject, name = 'acme/web'): Promise<readonly string[]> {
  const place = await store.repositories.locate(parseRepositoryName(name))
  const rights = await policy.explain(subject, place)
  return rights.map(({ permission, through }) => `${permission} through ${wordsFor(through)}`)
}

function wordsFor(through: Right['through']): string {
  if (through.kind === 'grant') return `${through.grant.team ?? 'a grant'}: ${through.grant.pattern}`
  return 'role' in through ? `${through.kind} ${through.role}` : through.kind
}

const userOf = (account: Account): Subject => ({ kind: 'user', account })

describe('what somebody may do is explained', () => {
  test('by everything that gives it', async () => {
    await change(store, acme, { basePermission: 'push' })
    await store.members.set(acme.id, bob.id, 'member', ORIGIN)
    const team = await createTeam(store, acme, 'frontend', bob)
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'we*: pull')
    await giveGrant(store, acme, { kind: 'team', id: team.id }, 'web: maintain')
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'api: admin')
    expect(await explained(userOf(bob))).toEqual([
      'push through base-permission',
      'pull through a grant: we*',
      'maintain through frontend: web',
    ])
  })

  test('by visibility, to everybody', async () => {
    await createRepository(store, 'acme/site', 'public')
    const { robot } = await createRobot(store, acme, 'ci', ['**: push'])
    expect(await explained(ANONYMOUS.subject, 'acme/site')).toEqual(['pull through visibility'])
    expect(await explained(userOf(bob), 'acme/site')).toEqual(['pull through visibility'])
    expect(await explained(bySecret(robot).subject, 'acme/site')).toEqual([
      'pull through visibility',
      'push through a grant: **',
    ])
  })

  test('by the role in the organization, and the auditor’s grants are not among it', async () => {
    await store.members.set(acme.id, bob.id, 'auditor', ORIGIN)
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, '**: admin')
    expect(await explained(userOf(bob))).toEqual(['pull through member-role auditor'])
    await store.members.set(acme.id, bob.id, 'manager', ORIGIN)
    expect(await explained(userOf(bob))).toEqual(['admin through member-role manager', 'admin through a grant: **'])
  })

  test('by the role on the instance, before that in the organization', async () => {
    await store.members.set(acme.id, bob.id, 'auditor', ORIGIN)
    expect(await explained(userOf(await change(store, bob, { role: 'admin' })))).toEqual([
      'admin through instance-role admin',
      'pull through member-role auditor',
    ])
  })

  test('by the namespace being one’s own', async () => {
    expect(await explained(userOf(bob), 'bob/new')).toEqual(['admin through own-namespace'])
  })

  test('by nothing to whoever may nothing', async () => {
    await change(store, acme, { basePermission: 'none' })
    await store.members.set(acme.id, bob.id, 'member', ORIGIN)
    const { robot } = await createRobot(store, acme, 'ci', ['api: push'])
    for (const subject of [ANONYMOUS.subject, userOf(bob), bySecret(robot).subject]) {
      expect(await explained(subject)).toEqual([])
    }
  })

  test('by no more and no less than is allowed', async () => {
    await change(store, acme, { basePermission: 'push' })
    const { robot } = await createRobot(store, acme, 'ci', ['w*: maintain'])
    for (const role of ['owner', 'manager', 'member', 'auditor'] as const) {
      const user = await createUser(store, role)
      await store.members.set(acme.id, user.id, role, ORIGIN)
      await giveGrant(store, acme, { kind: 'user', id: user.id }, 'web: maintain')
    }
    const users = await Promise.all(
      ['owner', 'manager', 'member', 'auditor'].map((name) => store.accounts.findByName(name)),
    )
    const credentials = users.flatMap((user) => (user === undefined ? [] : [byPassword(user)]))
    for (const credential of [ANONYMOUS, bySecret(robot), byPassword(bob), ...credentials]) {
      const place = await store.repositories.locate(parseRepositoryName('acme/web'))
      const highest = highestPermission(await policy.explain(credential.subject, place))
      expect((await allowed(policy, credential, 'acme/web')).at(-1)).toBe(highest)
    }
  })
})

describe('the parts that the policy is made of', () => {
  const place = () => ({ ownerId: acme.id })

  test('only users stand in a place; grants alone make nobody more', () => {
    expect(rightsByStanding(ANONYMOUS.subject, place())).toEqual([])
    expect(rightsByStanding(userOf(bob), place())).toEqual([])
    expect(rightsByStanding(userOf(bob), { ownerId: undefined })).toEqual([])
    expect(rightsByStanding(userOf(bob), { ownerId: bob.id })).toEqual([
      { permission: 'admin', through: { kind: 'own-namespace' } },
    ])
  })

  test('a base permission is worth nothing to whoever is not a member', () => {
    const standing = { ownerKind: 'organization', basePermission: 'push', memberRole: undefined } as const
    expect(rightsByStanding(userOf(bob), place(), standing)).toEqual([])
  })

  test('a grant gives its permission, and says which one it is', () => {
    const grant = { id: 7 as GrantId, pattern: 'web-*', permission: 'push', team: 'frontend' } as const
    expect(rightsByGrants([grant])).toEqual([{ permission: 'push', through: { kind: 'grant', grant } }])
  })

  test('several rights come to the highest of them, none to nothing', () => {
    expect(highestPermission([])).toBeUndefined()
    for (const highest of PERMISSIONS) {
      const lower = PERMISSIONS.slice(0, PERMISSIONS.indexOf(highest))
      const rights = [highest, ...lower].map((permission): Right => ({ permission, through: { kind: 'visibility' } }))
      expect(highestPermission(rights)).toBe(highest)
      expect(highestPermission(rights.reverse())).toBe(highest)
    }
  })
})
