import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import {
  ANONYMOUS,
  type Credential,
  credentialOf,
  exchangedCredential,
  includesPermission,
  type Narrowing,
  PERMISSIONS,
  type Permission,
} from '../../../server/access/credential.ts'
import { createPolicy, decide } from '../../../server/access/policy.ts'
import { narrowingOf } from '../../../server/access/tokens.ts'
import type { Account, InstanceRole } from '../../../storage/metadata/accounts.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createUser, idOf, ORIGIN, put } from '../../contract/metadata/sample-content.ts'

const APP = parseRepositoryName('alice/app')
const IDS = { alice: 1, bob: 2, acme: 3 } as const

function account(name: keyof typeof IDS, role: InstanceRole = 'none'): Account {
  return {
    id: IDS[name] as AccountId,
    kind: 'user',
    name,
    displayName: undefined,
    email: undefined,
    role,
    passwordHash: undefined,
    credentialsVersion: 1,
    disabledAt: undefined,
    createdAt: 0,
  }
}

function user(name: keyof typeof IDS, role: InstanceRole = 'none'): Credential {
  return credentialOf(account(name, role), 'password')
}

type Object = { readonly ownerId: AccountId; readonly visibility: 'private' | 'public' } | undefined

const OBJECTS: Readonly<Record<string, Object>> = {
  'a private repository of alice': { ownerId: IDS.alice as AccountId, visibility: 'private' },
  'a public repository of alice': { ownerId: IDS.alice as AccountId, visibility: 'public' },
  'a repository of alice that is not there yet': undefined,
}

const CREDENTIALS: Readonly<Record<string, Credential>> = {
  anonymous: ANONYMOUS,
  alice: user('alice'),
  bob: user('bob'),
  'an auditor': user('bob', 'auditor'),
  'an admin': user('bob', 'admin'),
  'alice, who is an auditor': user('alice', 'auditor'),
}

/** The most that each may do, written down by hand (S01, M2). */
const EXPECTED: Readonly<Record<string, readonly (Permission | undefined)[]>> = {
  //                          private   public    absent
  anonymous: /*             */ [undefined, 'pull', undefined],
  alice: /*                 */ ['admin', 'admin', 'admin'],
  bob: /*                   */ [undefined, 'pull', undefined],
  'an auditor': /*          */ ['pull', 'pull', 'pull'],
  'an admin': /*            */ ['admin', 'admin', 'admin'],
  'alice, who is an auditor': ['admin', 'admin', 'admin'],
}

describe.each(Object.entries(CREDENTIALS))('%s', (who, credential) => {
  test.each(Object.entries(OBJECTS))('on %s', (what, object) => {
    const most = EXPECTED[who]?.[Object.keys(OBJECTS).indexOf(what)]
    const allowed = PERMISSIONS.filter((permission) => decide(credential, permission, APP, object))
    expect(allowed).toEqual(PERMISSIONS.filter((each) => most !== undefined && includesPermission(most, each)))
  })
})

test('a namespace that only begins like a user’s name is not theirs', () => {
  for (const name of ['alice2/app', 'alic/app', 'alice-x/app', 'x/alice', 'library/alice']) {
    expect(decide(user('alice'), 'pull', parseRepositoryName(name), undefined)).toBe(false)
  }
})

test('a repository belongs to the account that owns it, whatever namespace its name says', () => {
  const others = { ownerId: IDS.acme as AccountId, visibility: 'private' } as const
  expect(decide(user('alice'), 'pull', APP, others)).toBe(false)
  expect(
    decide(user('alice'), 'pull', parseRepositoryName('old-name/app'), { ...others, ownerId: IDS.alice as AccountId }),
  ).toBe(true)
})

test.each([
  ['pull', ['pull']],
  ['push', ['pull', 'push']],
  ['maintain', ['pull', 'push', 'maintain']],
  ['admin', ['pull', 'push', 'maintain', 'admin']],
] as const)('whoever holds %s may %j', (held, allowed) => {
  expect(PERMISSIONS.filter((needed) => includesPermission(held, needed))).toEqual(allowed)
})

const credentials = fc.constantFrom(...Object.values(CREDENTIALS))
const objects = fc.constantFrom(...Object.values(OBJECTS))
const permissions = fc.constantFrom(...PERMISSIONS)
const names = fc.constantFrom('alice/app', 'alice/other', 'bob/app', 'acme/app').map(parseRepositoryName)

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
  fc.func(fc.boolean()).map((keeps): Narrowing => ({ keepsCatalog: true, keeps: (...given) => keeps(...given) })),
)

describe('whatever a credential is narrowed to', () => {
  test('it never gains a right (M6)', () => {
    fc.assert(
      fc.property(
        credentials,
        narrowings,
        permissions,
        names,
        objects,
        (credential, narrowing, permission, name, object) => {
          const narrowed = exchangedCredential(credential, narrowing)
          if (decide(narrowed, permission, name, object))
            expect(decide(credential, permission, name, object)).toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('it keeps a right that it stands for, and loses every other but to pull what is public', () => {
    fc.assert(
      fc.property(
        credentials,
        narrowings,
        permissions,
        names,
        objects,
        (credential, narrowing, permission, name, object) => {
          const isPublicPull = permission === 'pull' && object?.visibility === 'public'
          const expected =
            isPublicPull || (decide(credential, permission, name, object) && narrowing.keeps(permission, name))
          expect(decide(exchangedCredential(credential, narrowing), permission, name, object)).toBe(expected)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('narrowed again, it gains nothing back', () => {
    fc.assert(
      fc.property(
        credentials,
        narrowings,
        narrowings,
        permissions,
        names,
        (credential, first, second, permission, name) => {
          const once = { ...exchangedCredential(credential, first) }
          const both: Narrowing = {
            keepsCatalog: false,
            keeps: (asked, of) => first.keeps(asked, of) && second.keeps(asked, of),
          }
          if (decide(exchangedCredential(credential, both), permission, name, undefined)) {
            expect(decide(once, permission, name, undefined)).toBe(true)
          }
        },
      ),
    )
  })

  test('what is public may be pulled by everybody', () => {
    fc.assert(
      fc.property(credentials, narrowings, names, fc.constantFrom(1, 2, 3), (credential, narrowing, name, owner) => {
        const object = { ownerId: owner as AccountId, visibility: 'public' } as const
        expect(decide(credential, 'pull', name, object)).toBe(true)
        expect(decide(exchangedCredential(credential, narrowing), 'pull', name, object)).toBe(true)
      }),
    )
  })
})

test('without a narrowing a permission brings all that are below it', () => {
  fc.assert(
    fc.property(credentials, permissions, permissions, names, objects, (credential, higher, lower, name, object) => {
      if (includesPermission(higher, lower) && decide(credential, higher, name, object)) {
        expect(decide(credential, lower, name, object)).toBe(true)
      }
    }),
  )
})

test('a stranger sees no difference between what is private and what is not there (I5)', () => {
  fc.assert(
    fc.property(fc.constantFrom(ANONYMOUS, user('bob')), permissions, (credential, permission) => {
      const hidden = { ownerId: IDS.alice as AccountId, visibility: 'private' } as const
      expect(decide(credential, permission, APP, hidden)).toBe(decide(credential, permission, APP, undefined))
    }),
  )
})

test('the policy looks at the repository as it is now, and hands it on', async () => {
  const { store, close } = await openSqliteUnderTest()
  const policy = createPolicy(store)
  const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
  const [owner, stranger] = [credentialOf(alice, 'password'), credentialOf(bob, 'password')]
  expect(await policy.authorize(owner, 'push', APP)).toEqual({ allowed: true, repository: undefined })
  expect(await policy.authorize(stranger, 'pull', APP)).toEqual({ allowed: false })

  await put(store, 'image', { repository: APP })
  const repository = await store.repositories.find(APP)
  expect(await policy.authorize(owner, 'push', APP)).toEqual({ allowed: true, repository })
  expect(await policy.authorize(stranger, 'pull', APP)).toEqual({ allowed: false })

  await store.repositories.setVisibility(await idOf(store, APP), 'public', ORIGIN)
  expect(await policy.authorize(stranger, 'pull', APP)).toMatchObject({ allowed: true })
  expect(await policy.authorize(stranger, 'push', APP)).toEqual({ allowed: false })
  await store.repositories.setVisibility(await idOf(store, APP), 'private', ORIGIN)
  expect(await policy.authorize(stranger, 'pull', APP)).toEqual({ allowed: false })
  await close()
})
