import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PERMISSIONS, type Permission } from '../../oci/permission.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Credential } from '../../server/access/credential.ts'
import { bearer, DAY_MS, HERE } from '../unit/access/open-access.ts'
import { mayByModel, mayByScopes } from './access-model.ts'
import {
  ASKERS,
  grants,
  isSameGrant,
  NAMES,
  ORGANIZATIONS,
  scopes,
  USERS,
  type World,
  type WorldScope,
  worlds,
} from './access-world.ts'
import { checkAsync } from './check.ts'
import { type Allowed, type OpenWorld, openWorld } from './open-world.ts'

/**
 * Few worlds in each run, for each is a database; those of many runs are many. A slow machine stops earlier, and a
 * failure is shown as small as it got in this time.
 */
const RUNS = { numRuns: 12, interruptAfterTimeLimit: 4_000 } as const

/** Does something in a world that is removed afterwards. */
async function inWorld(world: World, act: (open: OpenWorld) => Promise<void>): Promise<void> {
  const open = await openWorld(world)
  try {
    await act(open)
  } finally {
    await open.close()
  }
}

/** What the model allows, as {@link OpenWorld.allowedTo} tells it. */
function expectedOf(may: (permission: Permission, name: RepositoryName) => boolean): Allowed {
  const allowed = NAMES.flatMap((name) =>
    PERMISSIONS.filter((permission) => may(permission, name)).map((permission) => `${permission} ${name}`),
  )
  return new Set(allowed)
}

/** Of what one may pull, what lists show: repositories that are there and have content. */
function listedOf(world: World, allowed: Allowed): readonly string[] {
  const shown = world.repositories.filter(({ name, hasContent }) => hasContent && allowed.has(`pull ${name}`))
  return shown.map(({ name }) => name).sort()
}

function expectWithin(narrowed: Allowed, whole: Allowed): void {
  expect([...narrowed].filter((each) => !whole.has(each))).toEqual([])
}

/** A JWT for everything that there is, as its credential; it carries what the other may. */
async function exchange(open: OpenWorld, credential: Credential, names: readonly RepositoryName[] = NAMES) {
  const { token } = await open.grant(credential, [...names.map((name) => `repository:${name}:*`), 'registry:catalog:*'])
  return open.credentialFor(bearer(token))
}

test('everybody may exactly what the rules say, and is shown exactly what they may pull (M2, S26)', async () => {
  await checkAsync(
    fc.asyncProperty(worlds, (world) =>
      inWorld(world, async (open) => {
        for (const asker of ASKERS) {
          const credential = await open.credentialOf(asker)
          const expected = expectedOf((permission, name) => mayByModel(world, asker, permission, name))
          expect(await open.allowedTo(credential), JSON.stringify(asker)).toEqual(expected)
          expect(await open.listedFor(credential), JSON.stringify(asker)).toEqual(listedOf(world, expected))
        }
      }),
    ),
    RUNS,
  )
})

test('no token ever allows what its owner may not do, and each exactly what is left of that (S02, M6)', async () => {
  await checkAsync(
    fc.asyncProperty(worlds, scopes, fc.subarray([...NAMES]), (world, kept, names) =>
      inWorld(world, async (open) => {
        for (const name of USERS) {
          const asker = { kind: 'user', name } as const
          const owner = await open.credentialOf(asker)
          const whole = await open.allowedTo(owner)
          expect(await open.allowedTo(await open.credentialFor(await open.createToken(name, undefined)))).toEqual(whole)

          const scoped = await open.credentialFor(await open.createToken(name, kept))
          const byScopes = await open.allowedTo(scoped)
          expectWithin(byScopes, whole)
          expect(byScopes).toEqual(
            expectedOf((permission, repository) => mayByScopes(world, asker, kept, permission, repository)),
          )
          expect(await open.listedFor(scoped)).toEqual(listedOf(world, byScopes))
          await expectJwtsOf(open, scoped, byScopes, world, names)
          await expectJwtsOf(open, owner, whole, world, names)
        }
        for (const asker of ASKERS.filter(({ kind }) => kind !== 'user')) {
          const credential = await open.credentialOf(asker)
          await expectJwtsOf(open, credential, await open.allowedTo(credential), world, names)
        }
      }),
    ),
    RUNS,
  )
})

/** Expects that JWTs made from a credential allow what it allows of what they were asked for, and lists show as much. */
async function expectJwtsOf(
  open: OpenWorld,
  credential: Credential,
  whole: Allowed,
  world: World,
  names: readonly RepositoryName[],
): Promise<void> {
  const jwt = await exchange(open, credential, names)
  const isPublic = (name: string) => world.repositories.some((each) => each.name === name && each.isPublic)
  const expected = expectedOf((permission, name) => {
    if (permission === 'pull' && isPublic(name)) return true
    // No action of the token protocol stands for administering.
    return permission !== 'admin' && names.includes(name) && whole.has(`${permission} ${name}`)
  })
  const byJwt = await open.allowedTo(jwt)
  expect(byJwt).toEqual(expected)
  expectWithin(byJwt, whole)
  expect(await open.listedFor(jwt)).toEqual(listedOf(world, whole))
  // Exchanged once more, for everything, it gains nothing.
  expect(await open.allowedTo(await exchange(open, jwt))).toEqual(byJwt)
}

test('a restriction never adds a right: fewer scopes, lower permissions, a JWT for less, an expiry (M6)', async () => {
  await checkAsync(
    fc.asyncProperty(worlds, scopes, fc.subarray([...NAMES]), fc.nat(2), (world, kept, names, dropped) =>
      inWorld(world, async (open) => {
        for (const user of USERS) {
          const header = await open.createToken(user, kept)
          const token = await open.credentialFor(header)
          const allowed = await open.allowedTo(token)
          const allowedBy = async (fewer: readonly WorldScope[]) =>
            open.allowedTo(await open.credentialFor(await open.createToken(user, fewer)))
          expectWithin(await allowedBy(kept.filter((_, index) => index !== dropped)), allowed)
          expectWithin(await allowedBy(kept.map(lowered)), allowed)
          const jwt = await exchange(open, token, names)
          expectWithin(await open.allowedTo(jwt), allowed)
          expectWithin(await open.allowedTo(await exchange(open, token, names.slice(1))), await open.allowedTo(jwt))
        }
        const headers = await Promise.all(USERS.map((user) => open.createToken(user, kept)))
        open.clock.advance(DAY_MS)
        for (const header of headers)
          expect(await open.authenticate.byHeader(header, HERE)).toMatchObject({ kind: 'refused' })
      }),
    ),
    RUNS,
  )
})

/** A scope with the permission below, or with none at all. */
function lowered({ pattern, permission }: WorldScope): WorldScope {
  return { pattern, permission: PERMISSIONS[PERMISSIONS.indexOf(permission) - 1] ?? permission }
}

test('giving a grant takes nothing from anybody, and taking it gives nothing to anybody (M6)', async () => {
  await checkAsync(
    fc.asyncProperty(worlds, fc.constantFrom(...ORGANIZATIONS), grants, (world, organization, grant) => {
      fc.pre(!world.organizations[organization].grants.some((other) => isSameGrant(other, grant)))
      return inWorld(world, async (open) => {
        const snapshot = async () => {
          const credentials = await Promise.all(ASKERS.map((asker) => open.credentialOf(asker)))
          return Promise.all(credentials.map((credential) => open.allowedTo(credential)))
        }
        const before = await snapshot()
        const given = await open.give(organization, grant)
        const after = await snapshot()
        for (const [index, allowed] of before.entries()) expectWithin(allowed, after[index] ?? new Set())
        await open.take(organization, given)
        expect(await snapshot()).toEqual(before)
      })
    }),
    RUNS,
  )
})
