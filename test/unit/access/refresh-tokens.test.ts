import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Authentication } from '../../../server/access/authenticate.ts'
import { ANONYMOUS } from '../../../server/access/credential.ts'
import { hashSecret, readSecretText } from '../../../server/access/secret-text.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { readTrail } from '../../contract/metadata/audit-log.ts'
import { createOrganization } from '../../contract/metadata/sample-content.ts'
import { basic, bearer, DAY_MS, HERE, type OpenAccess, openAccess } from './open-access.ts'
import { change, createAccessToken, createRobot } from './sample-rights.ts'

const ALICE = basic('alice', 'password of alice')

let access: OpenAccess
let alice: Account

beforeEach(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
})

afterEach(() => access.close())

/** The refresh token that a client gets which asks for one. */
async function askFor(header: string): Promise<string | undefined> {
  return (await access.grant(await access.credentialFor(header), [], true)).refreshToken
}

/** The refresh token of a login. */
async function logIn(header = ALICE): Promise<string> {
  const refreshToken = await askFor(header)
  if (refreshToken === undefined) throw new Error('there is no refresh token')
  return refreshToken
}

function present(refreshToken: string): Promise<Authentication> {
  return access.authenticate.byRefreshToken(refreshToken, HERE)
}

test('a refresh token stands for its user with all their rights, and works for years (RESP-4)', async () => {
  const refreshToken = await logIn()
  access.clock.advance(3 * 365 * DAY_MS)
  for (let use = 0; use < 3; use++) {
    expect(await present(refreshToken)).toEqual({
      kind: 'credential',
      credential: {
        subject: { kind: 'user', account: alice },
        narrowing: undefined,
        proof: { kind: 'refresh-token', id: expect.any(Number) },
        exchangedFor: undefined,
      },
    })
  }
})

test('it is long, recognizable, never the same twice, and not kept', async () => {
  const [one, other] = [await logIn(), await logIn()]
  expect(readSecretText(one)).toEqual({ kind: 'secret', secret: 'refresh-token' })
  expect(one).not.toBe(other)
  expect(await access.store.refreshTokens.findByHash(Buffer.from(one))).toBeUndefined()
  expect(await access.store.refreshTokens.findByHash(hashSecret(one))).toBeDefined()
  expect(JSON.stringify(await readTrail(access.store))).not.toContain(one)
  expect(await present(other)).toMatchObject({ kind: 'credential' })
})

test.each(['', 'kontor_rt_', 'kontor_rt_unknown', 'x'.repeat(100_000), '\0', "' OR 1=1 --"])(
  'one that was not handed out stands for nobody: "%s"',
  async (text) => {
    await logIn()
    expect(await present(text)).toEqual({
      kind: 'refused',
      reason: 'the refresh token is not valid any more; log in again',
    })
  },
)

test('it ends with a new password, and with nothing else that is changed (S52)', async () => {
  const refreshToken = await logIn()
  await change(access.store, alice, { displayName: 'Alice' })
  expect(await present(refreshToken)).toMatchObject({ kind: 'credential' })
  await change(access.store, alice, { passwordHash: await access.passwords.hash('new') })
  expect(await present(refreshToken)).toMatchObject({ kind: 'refused' })
  expect(await present(await logIn(basic('alice', 'new')))).toMatchObject({ kind: 'credential' })
  expect(await present(refreshToken)).toMatchObject({ kind: 'refused' })
})

test('it rests while its account is disabled', async () => {
  const refreshToken = await logIn()
  await change(access.store, alice, { disabled: true })
  expect(await present(refreshToken)).toMatchObject({ kind: 'refused' })
  await change(access.store, alice, { disabled: false })
  expect(await present(refreshToken)).toMatchObject({ kind: 'credential' })
})

test('it shows its user as they are now', async () => {
  const refreshToken = await logIn()
  await change(access.store, alice, { role: 'auditor' })
  expect(await present(refreshToken)).toMatchObject({ credential: { subject: { account: { role: 'auditor' } } } })
})

test('it is only for whoever asks for one', async () => {
  expect((await access.grant(await access.credentialFor(ALICE), [], false)).refreshToken).toBeUndefined()
})

test('it is not for anonymous', async () => {
  expect((await access.grant(ANONYMOUS, [], true)).refreshToken).toBeUndefined()
})

test.each([
  ['for all there is', ['repository:alice/app:*', 'registry:catalog:*']],
  ['for nothing', []],
])('it is not for whoever has only a JWT, %s: it would outlive and outreach that (S02)', async (_, scopes) => {
  expect(await askFor(await access.bearerFor(ALICE, ...scopes))).toBeUndefined()
})

test('it is not for an access token, with or without scopes, nor for a robot (S02)', async () => {
  const { text: whole } = await createAccessToken(access.store, alice)
  const { text: scoped } = await createAccessToken(access.store, alice, ['alice/app: pull'])
  const { secret } = await createRobot(access.store, await createOrganization(access.store, 'acme'), 'ci', [])
  for (const header of [bearer(whole), basic('alice', whole), bearer(scoped), bearer(secret)]) {
    expect(await askFor(header)).toBeUndefined()
  }
})

test('it does not breed others', async () => {
  const authentication = await present(await logIn())
  if (authentication.kind !== 'credential') throw new Error('the refresh token is not taken')
  expect((await access.grant(authentication.credential, [], true)).refreshToken).toBeUndefined()
})

test('it is not handed out where the administrator does not want that', async () => {
  const strict = await openAccess({ handsOutRefreshTokens: false })
  await strict.createUser('alice')
  expect((await strict.grant(await strict.credentialFor(ALICE), [], true)).refreshToken).toBeUndefined()
  await strict.close()
})

test('handing one out leaves an event, with the address that logged in', async () => {
  await logIn()
  const [event] = await readTrail(access.store)
  expect(event).toMatchObject({
    action: 'refresh_token.created',
    origin: { accountId: alice.id, accountName: 'alice', credential: 'password', ...HERE },
  })
})
