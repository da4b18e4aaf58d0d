import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { includesPermission, PERMISSIONS, type Permission } from '../../../oci/permission.ts'
import { parseRepositoryName, type RepositoryName } from '../../../oci/repository-name.ts'
import { ANONYMOUS, type Credential, exchangedCredential, type Narrowing } from '../../../server/access/credential.ts'
import { createPolicy, type Policy } from '../../../server/access/policy.ts'
import { narrowingOf } from '../../../server/access/tokens.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createUser, getRepository, ORIGIN } from '../../contract/metadata/sample-content.ts'
import { allowed, byPassword, change, createRepository, upTo } from './sample-rights.ts'

const PRIVATE = parseRepositoryName('alice/private')
const PUBLIC = parseRepositoryName('alice/public')
const ABSENT = parseRepositoryName('alice/absent')
const NAMES = [PRIVATE, PUBLIC, ABSENT, parseRepositoryName('bob/absent'), parseRepositoryName('future/absent')]

/** What a token for nothing keeps. */
const NOTHING = narrowingOf({ access: [], keepsCatalog: false })

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>
let store: MetadataStore
let policy: Policy
let alice: Account
let bob: Account
let credentials: Readonly<Record<string, Credential>>

beforeEach(async () => {
  underTest = await openSqliteUnderTest()
  store = underTest.store
  policy = createPolicy(store)
  alice = await createUser(store, 'alice')
  bob = await createUser(store, 'bob')
  await createRepository(store, PRIVATE)
  await createRepository(store, PUBLIC, 'public')
  credentials = {
    anonymous: ANONYMOUS,
    alice: byPassword(alice),
    bob: byPassword(bob),
    'an auditor': byPassword(await createUser(store, 'audrey', 'auditor')),
    'an admin': byPassword(await createUser(store, 'adam', 'admin')),
    'alice as an auditor': byPassword({ ...alice, role: 'auditor' }),
  }
})

afterEach(() => underTest.close())

function credentialOf(who: string): Credential {
  const credential = credentials[who]
  if (credential === undefined) throw new Error(`nobody is called ${who}`)
  return credential
}

async function may(credential: Credential, permission: Permission, name: RepositoryName): Promise<boolean> {
  return (await policy.authorize(credential, permission, name)).allowed
}

type Most = Permission | undefined
type Expectation = readonly [who: string, ofPrivate: Most, ofPublic: Most, ofAbsent: Most]

/** The most that each may do in the namespace of a user, written down by hand (S01, M2). */
const EXPECTED: readonly Expectation[] = [
  //                         private    public   absent
  ['anonymous', /*        */ undefined, 'pull', undefined],
  ['alice', /*            */ 'admin', 'admin', 'admin'],
  ['bob', /*              */ undefined, 'pull', undefined],
  ['an auditor', /*       */ 'pull', 'pull', 'pull'],
  ['an admin', /*         */ 'admin', 'admin', 'admin'],
  ['alice as an auditor', 'admin', 'admin', 'admin'],
]

test.each(EXPECTED)(
  'in the namespace of alice %s may, at most: private %s, public %s, absent %s',
  async (who, ofPrivate, ofPublic, ofAbsent) => {
    expect(await allowed(policy, credentialOf(who), PRIVATE)).toEqual(upTo(ofPrivate))
    expect(await allowed(policy, credentialOf(who), PUBLIC)).toEqual(upTo(ofPublic))
    expect(await allowed(policy, credentialOf(who), ABSENT)).toEqual(upTo(ofAbsent))
  },
)

test('a namespace that only begins like a user’s name is not theirs', async () => {
  for (const name of ['alice2/app', 'alic/app', 'alice-x/app', 'x/alice', 'library/alice']) {
    expect(await allowed(policy, byPassword(alice), name)).toEqual([])
  }
})

test.each([
  ['pull', ['pull']],
  ['push', ['pull', 'push']],
  ['maintain', ['pull', 'push', 'maintain']],
  ['admin', ['pull', 'push', 'maintain', 'admin']],
] as const)('whoever holds %s may %j', (held, expected) => {
  expect(PERMISSIONS.filter((needed) => includesPermission(held, needed))).toEqual(expected)
})

test('the policy looks at the repository as it is now, and hands on where it is (I7)', async () => {
  const app = parseRepositoryName('alice/app')
  const [owner, stranger] = [byPassword(alice), byPassword(bob)]
  const nowhere = { name: app, repository: undefined, ownerId: alice.id }
  expect(await policy.authorize(owner, 'push', app)).toEqual({ allowed: true, place: nowhere })
  expect(await policy.authorize(stranger, 'pull', app)).toEqual({ allowed: false, place: nowhere, reason: 'no-right' })

  await createRepository(store, app)
  const repository = await getRepository(store, app)
  const there = { name: app, repository, ownerId: alice.id }
  expect(await policy.authorize(owner, 'push', app)).toEqual({ allowed: true, place: there })
  expect(await policy.authorize(stranger, 'pull', app)).toEqual({ allowed: false, place: there, reason: 'no-right' })

  await store.repositories.update(repository.id, { visibility: 'public' }, ORIGIN)
  expect(await may(stranger, 'pull', app)).toBe(true)
  expect(await may(stranger, 'push', app)).toBe(false)
  await store.repositories.update(repository.id, { visibility: 'private' }, ORIGIN)
  expect(await may(stranger, 'pull', app)).toBe(false)
})

test('a role counts as it is now, not as it was when somebody logged in', async () => {
  expect(await may(byPassword(await change(store, bob, { role: 'admin' })), 'admin', PRIVATE)).toBe(true)
  expect(await may(byPassword(await change(store, bob, { role: 'none' })), 'pull', PRIVATE)).toBe(false)
})

test('a stranger sees no difference between what is private and what is not there (I5)', async () => {
  for (const stranger of [ANONYMOUS, byPassword(bob)]) {
    for (const permission of PERMISSIONS) {
      const [hidden, absent] = [PRIVATE, ABSENT].map((name) => policy.authorize(stranger, permission, name))
      expect(await hidden).toMatchObject({ allowed: false, reason: 'no-right' })
      expect(await absent).toMatchObject({ allowed: false, reason: 'no-right' })
    }
  }
})

test('what is there and forbidden is searched for as long as what is not there, under every name (I5)', async () => {
  const searches: string[] = []
  const watched = createPolicy({
    rights: store.rights,
    repositories: {
      locate(name, options) {
        searches.push(options?.thoroughly === true ? 'everywhere' : 'until it is found')
        return store.repositories.locate(name, options)
      },
    },
  })
  const refused = ['until it is found', 'everywhere']
  await watched.authorize(byPassword(bob), 'pull', PRIVATE)
  expect(searches.splice(0)).toEqual(refused)
  await watched.authorize(byPassword(bob), 'pull', ABSENT)
  expect(searches.splice(0)).toEqual(refused)
  await watched.authorize(exchangedCredential(byPassword(alice), NOTHING), 'pull', PRIVATE)
  expect(searches.splice(0)).toEqual(refused)
  // Who may is not kept waiting.
  await watched.authorize(byPassword(alice), 'pull', PRIVATE)
  await watched.authorize(ANONYMOUS, 'pull', PUBLIC)
  expect(searches).toEqual(['until it is found', 'until it is found'])
})

describe('whatever a credential is narrowed to', () => {
  const who = fc.constantFrom(...EXPECTED.map(([name]) => name))
  const permissions = fc.constantFrom(...PERMISSIONS)
  const names = fc.constantFrom(...NAMES)
  /** Narrowings as tokens make them, and any others. */
  const narrowings: fc.Arbitrary<Narrowing> = fc.oneof(
    fc
      .array(
        fc.record({
          name: names,
          actions: fc.uniqueArray(fc.constantFrom('pull' as const, 'push' as const, 'delete' as const)),
        }),
      )
      .map((access) => narrowingOf({ access, keepsCatalog: true })),
    fc
      .func(fc.boolean())
      .map((keeps): Narrowing => ({ keepsCatalog: true, within: undefined, keeps: (...given) => keeps(...given) })),
  )

  test('it keeps a right that it stands for, and loses every other but to pull what is public (M6)', async () => {
    await fc.assert(
      fc.asyncProperty(who, narrowings, permissions, names, async (subject, narrowing, permission, name) => {
        const credential = credentialOf(subject)
        const isKept = narrowing.keeps(permission, { asked: name, name })
        const expected =
          (permission === 'pull' && name === PUBLIC) || ((await may(credential, permission, name)) && isKept)
        expect(await may(exchangedCredential(credential, narrowing), permission, name)).toBe(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('narrowed again, it gains nothing back', async () => {
    await fc.assert(
      fc.asyncProperty(who, narrowings, narrowings, permissions, names, async (subject, first, second, ...asked) => {
        const once = exchangedCredential(credentialOf(subject), first)
        if (await may(exchangedCredential(once, second), ...asked)) expect(await may(once, ...asked)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('what is public may be pulled by everybody', async () => {
    await fc.assert(
      fc.asyncProperty(who, narrowings, async (subject, narrowing) => {
        expect(await may(exchangedCredential(credentialOf(subject), narrowing), 'pull', PUBLIC)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})
