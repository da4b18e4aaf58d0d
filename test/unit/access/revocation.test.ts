import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { UPLOAD_GRACE_MS } from '../../../server/access/authenticate.ts'
import { createSecretText, hashSecret } from '../../../server/access/secret-text.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { createOrganization, idOf, ORIGIN } from '../../contract/metadata/sample-content.ts'
import { basic, bearer, DAY_MS, HERE, LIFETIME_SECONDS, type OpenAccess, openAccess } from './open-access.ts'
import {
  allowed,
  byPassword,
  change,
  createAccessToken,
  createRepository,
  createRobot,
  giveGrant,
} from './sample-rights.ts'

const ALICE = basic('alice', 'password of alice')
const REVOKED = { kind: 'refused', reason: 'the token was revoked; log in again' }

let access: OpenAccess
let alice: Account
let acme: Account

beforeEach(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
  acme = await createOrganization(access.store, 'acme')
  await createRepository(access.store, 'acme/web')
})

afterEach(() => access.close())

function ask(header: string) {
  return access.authenticate.byHeader(header, HERE)
}

/** Expects that a JWT was good, so that it is remembered, and is refused after something happened, also for uploads. */
async function expectToEnd(jwt: string, event: () => Promise<unknown>): Promise<void> {
  expect(await ask(jwt)).toMatchObject({ kind: 'credential' })
  await event()
  expect(await ask(jwt)).toEqual(REVOKED)
  expect(await access.authenticate.byHeader(jwt, { ...HERE, graceMs: UPLOAD_GRACE_MS })).toEqual(REVOKED)
}

/** A refresh token of alice's. */
async function logIn(): Promise<string> {
  const { refreshToken } = await access.grant(await access.credentialFor(ALICE), [], true)
  if (refreshToken === undefined) throw new Error('there is no refresh token')
  return refreshToken
}

/** A JWT that was made with a refresh token. */
async function refresh(refreshToken: string): Promise<string> {
  const authentication = await access.authenticate.byRefreshToken(refreshToken, HERE)
  if (authentication.kind !== 'credential') throw new Error('the refresh token is not taken')
  return bearer((await access.grant(authentication.credential, ['repository:alice/app:pull'])).token)
}

const newPassword = async () => change(access.store, alice, { passwordHash: 'another' })
const disable = async () => change(access.store, alice, { disabled: true })

describe('a JWT ends at once, though it is remembered (S08, S52, I7),', () => {
  test.each([
    ['is disabled', disable],
    ['has a new password', newPassword],
    ['is deleted', async () => access.store.accounts.delete(alice.id, ORIGIN)],
  ])('of a password, when its account %s', async (_, event) => {
    await expectToEnd(await access.bearerFor(ALICE, 'repository:alice/app:pull'), event)
  })

  test('of an access token, when that is deleted', async () => {
    const { token, text } = await createAccessToken(access.store, alice)
    await expectToEnd(await access.bearerFor(bearer(text), 'repository:alice/app:pull'), () =>
      access.store.accessTokens.delete(alice.id, token.id, ORIGIN),
    )
  })

  test('of an access token, when its owner is disabled', async () => {
    const { text } = await createAccessToken(access.store, alice, ['alice/**: pull'])
    await expectToEnd(await access.bearerFor(basic('alice', text), 'repository:alice/app:pull'), disable)
  })

  test('of an access token, when that expires, however long it would have been good itself', async () => {
    const { text } = await createAccessToken(access.store, alice, undefined, access.clock.now() + 1000)
    const jwt = await access.bearerFor(bearer(text), 'repository:alice/app:pull')
    await expectToEnd(jwt, async () => access.clock.advance(1000))
    expect(LIFETIME_SECONDS).toBeGreaterThan(1)
  })

  test('of a refresh token, when that is deleted', async () => {
    const jwt = await refresh(await logIn())
    await expectToEnd(jwt, async () => {
      const [token] = (await access.store.refreshTokens.list(alice.id, { after: undefined, limit: 1 })).items
      if (token !== undefined) await access.store.refreshTokens.delete(alice.id, token.id, ORIGIN)
    })
  })

  test.each([
    ['is disabled', disable],
    ['has a new password', newPassword],
  ])('of a refresh token, when its account %s', async (_, event) => {
    await expectToEnd(await refresh(await logIn()), event)
  })

  test('of a robot, when the very secret is deleted that it was made with, and no other', async () => {
    const { robot, secret, secretId } = await createRobot(access.store, acme, 'ci', ['web: push'])
    const second = createSecretText('robot-secret')
    await access.store.robots.addSecret(robot.id, hashSecret(second), ORIGIN)
    const ofSecond = await access.bearerFor(bearer(second), 'repository:acme/web:push')
    await expectToEnd(await access.bearerFor(basic('acme+ci', secret), 'repository:acme/web:push'), () =>
      access.store.robots.deleteSecret(robot.id, secretId, ORIGIN),
    )
    expect(await ask(ofSecond)).toMatchObject({ kind: 'credential' })
  })

  test.each([
    ['is disabled', { disabled: true }],
    ['expires', { expiresAt: Date.UTC(2026, 0, 1) }],
  ])('of a robot, when it %s', async (_, changes) => {
    const { robot, secret } = await createRobot(access.store, acme, 'ci', ['web: push'])
    await expectToEnd(await access.bearerFor(bearer(secret), 'repository:acme/web:push'), () =>
      access.store.robots.update(robot.id, changes, ORIGIN),
    )
  })

  test('of a robot, when that is deleted', async () => {
    const { robot, secret } = await createRobot(access.store, acme, 'ci', ['web: push'])
    await expectToEnd(await access.bearerFor(bearer(secret), 'repository:acme/web:push'), () =>
      access.store.robots.delete(robot.id, ORIGIN),
    )
  })
})

describe('a new password', () => {
  test('does not end access tokens, nor the JWTs that were made with them (S52)', async () => {
    const { text } = await createAccessToken(access.store, alice)
    const jwt = await access.bearerFor(bearer(text), 'repository:alice/app:pull')
    await newPassword()
    expect(await ask(bearer(text))).toMatchObject({ kind: 'credential' })
    expect(await ask(jwt)).toMatchObject({ kind: 'credential' })
  })

  test('ends refresh tokens (S52)', async () => {
    const refreshToken = await logIn()
    await newPassword()
    expect(await access.authenticate.byRefreshToken(refreshToken, HERE)).toEqual({
      kind: 'refused',
      reason: 'the refresh token is not valid any more; log in again',
    })
  })
})

test('with a JWT of one, nobody else’s secret is recalled: the numbers have to belong together', async () => {
  const { tokens } = access
  const bob = await access.createUser('bob')
  const { token } = await createAccessToken(access.store, bob)
  const { robot } = await createRobot(access.store, acme, 'ci', [])
  const { secretId } = await createRobot(access.store, acme, 'cd', [])
  for (const holder of [
    { kind: 'user', id: alice.id, credentialsVersion: 1, through: { kind: 'access-token', id: token.id } },
    { kind: 'robot', id: robot.id, secretId },
  ] as const) {
    const issued = tokens.issue({ holder, subject: 'x', access: [], keepsCatalog: false, service: 'x' })
    expect(await ask(bearer(issued.token))).toEqual(REVOKED)
  }
})

describe('with a JWT that is good itself, what was taken away is gone with the next request (S08, I7),', () => {
  const may = async (header: string) => allowed(access.policy, await access.credentialFor(header), 'acme/web')

  test.each([
    ['a membership', async () => access.store.members.remove(acme.id, alice.id, ORIGIN)],
    ['the base permission', async () => change(access.store, acme, { basePermission: 'none' })],
  ])('%s', async (_, event) => {
    await change(access.store, acme, { basePermission: 'push' })
    await access.store.members.set(acme.id, alice.id, 'member', ORIGIN)
    const jwt = await access.bearerFor(ALICE, 'repository:acme/web:pull,push')
    expect(await may(jwt)).toEqual(['pull', 'push'])
    await event()
    expect(await may(jwt)).toEqual([])
  })

  test('a grant of a user’s, and of a robot’s', async () => {
    const { robot, secret } = await createRobot(access.store, acme, 'ci', ['web: push'])
    await giveGrant(access.store, acme, { kind: 'user', id: alice.id }, 'web: push')
    const scope = 'repository:acme/web:pull,push'
    const jwts = [await access.bearerFor(ALICE, scope), await access.bearerFor(bearer(secret), scope)]
    for (const jwt of jwts) expect(await may(jwt)).toEqual(['pull', 'push'])
    for (const holder of [
      { kind: 'user', id: alice.id },
      { kind: 'robot', id: robot.id },
    ] as const) {
      for (const { id } of (await access.store.grants.list(acme.id, holder, { after: undefined, limit: 9 })).items) {
        await access.store.grants.setPermission(acme.id, id, 'pull', ORIGIN)
      }
    }
    for (const jwt of jwts) expect(await may(jwt)).toEqual(['pull'])
  })

  test('being public', async () => {
    const site = parseRepositoryName('acme/site')
    await createRepository(access.store, site, 'public')
    const jwt = await access.bearerFor(ALICE, 'repository:acme/site:pull')
    expect(await allowed(access.policy, await access.credentialFor(jwt), site)).toEqual(['pull'])
    await access.store.repositories.update(await idOf(access.store, site), { visibility: 'private' }, ORIGIN)
    expect(await allowed(access.policy, await access.credentialFor(jwt), site)).toEqual([])
  })
})

test('a scoped access token is recalled with its scopes as they are now, not with all its owner’s rights (S02)', async () => {
  const { text } = await createAccessToken(access.store, alice, ['alice/web: pull'], access.clock.now() + DAY_MS)
  const jwt = await access.bearerFor(bearer(text), 'repository:alice/web:pull,push')
  const credential = await access.credentialFor(jwt)
  expect(await allowed(access.policy, credential, 'alice/web')).toEqual(['pull'])
  expect(credential.exchangedFor?.narrowing).toBeDefined()
  expect(await allowed(access.policy, credential.exchangedFor ?? byPassword(alice), 'alice/other')).toEqual([])
})
