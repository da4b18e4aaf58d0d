import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSecretText, hashSecret } from '../../../server/access/secret-text.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { createOrganization, createUser, ORIGIN, renameAccount } from '../../contract/metadata/sample-content.ts'
import { basic, bearer, DAY_MS, HERE, type OpenAccess, openAccess } from './open-access.ts'
import { allowed, change, createAccessToken, createRobot, upTo } from './sample-rights.ts'

const SCOPES = ['acme/web-*: push'] as const

let access: OpenAccess
let alice: Account
let acme: Account

beforeEach(async () => {
  access = await openAccess()
  alice = await createUser(access.store, 'alice')
  acme = await createOrganization(access.store, 'acme', alice.id)
})

afterEach(() => access.close())

function ask(header: string) {
  return access.authenticate.byHeader(header, HERE)
}

/** The reason for which a header is not taken. */
async function refusalOf(header: string): Promise<string> {
  const answer = await ask(header)
  return answer.kind === 'refused' ? answer.reason : answer.kind
}

/** Another last character: the checksum is wrong then. */
function mistype(text: string): string {
  return text.slice(0, -1) + (text.endsWith('a') ? 'b' : 'a')
}

describe('an access token', () => {
  test('without scopes stands for its owner with all their rights, beside the name or alone', async () => {
    const { token, text } = await createAccessToken(access.store, alice)
    for (const header of [basic('alice', text), bearer(text)]) {
      expect(await ask(header)).toEqual({
        kind: 'credential',
        credential: {
          subject: { kind: 'user', account: alice },
          narrowing: undefined,
          proof: { kind: 'access-token', id: token.id },
          exchangedFor: undefined,
        },
      })
    }
  })

  test('with scopes stands for what they cover', async () => {
    const { text } = await createAccessToken(access.store, alice, SCOPES)
    for (const header of [basic('alice', text), bearer(text)]) {
      const credential = await access.credentialFor(header)
      expect(await allowed(access.policy, credential, 'acme/web-api')).toEqual(upTo('push'))
      expect(await allowed(access.policy, credential, 'acme/api')).toEqual([])
      expect(await allowed(access.policy, credential, 'alice/app')).toEqual([])
    }
  })

  test('with a scope beyond its owner’s rights gives none of that', async () => {
    const { text } = await createAccessToken(access.store, alice, ['**: admin'])
    const credential = await access.credentialFor(bearer(text))
    expect(await allowed(access.policy, credential, 'bob/app')).toEqual([])
    expect(await allowed(access.policy, credential, 'acme/app')).toEqual(upTo('admin'))
  })

  test.each(['alice', 'ALICE', 'Alice'])('is taken beside the name %s', async (name) => {
    const { text } = await createAccessToken(access.store, alice)
    expect(await ask(basic(name, text))).toMatchObject({ kind: 'credential' })
  })

  test('is taken beside a former name of its owner, until somebody else has that name', async () => {
    const { text } = await createAccessToken(access.store, alice)
    await renameAccount(access.store, alice.id, 'alicia')
    expect(await ask(basic('alice', text))).toMatchObject({
      kind: 'credential',
      credential: { subject: { account: { name: 'alicia' } } },
    })
    access.clock.advance(365 * DAY_MS)
    await createUser(access.store, 'alice')
    expect(await refusalOf(basic('alice', text))).toMatch(/is not of that user/)
    expect(await ask(basic('alicia', text))).toMatchObject({ kind: 'credential' })
  })

  test.each(['bob', 'nobody', 'acme', 'alice+ci', '', '<token>'])('is refused beside the name "%s"', async (name) => {
    await createUser(access.store, 'bob')
    const { text } = await createAccessToken(access.store, alice)
    expect(await refusalOf(basic(name, text))).toMatch(/is not of that user/)
  })

  test('is refused once it has expired, and the refusal says which it was', async () => {
    const { text } = await createAccessToken(access.store, alice, undefined, access.clock.now() + DAY_MS)
    access.clock.advance(DAY_MS - 1)
    expect(await ask(bearer(text))).toMatchObject({ kind: 'credential' })
    access.clock.advance(1)
    for (const header of [basic('alice', text), bearer(text)]) {
      expect(await refusalOf(header)).toBe('the access token "a token of alice" has expired; create a new one')
    }
  })

  test('is refused once it is deleted, as one is that never was', async () => {
    const { token, text } = await createAccessToken(access.store, alice)
    expect(await ask(bearer(text))).toMatchObject({ kind: 'credential' })
    await access.store.accessTokens.delete(alice.id, token.id, ORIGIN)
    for (const never of [text, createSecretText('access-token')]) {
      expect(await refusalOf(bearer(never))).toBe('the access token is not valid any more; create a new one')
      expect(await refusalOf(basic('alice', never))).toBe('the access token is not valid any more; create a new one')
    }
  })

  test('is refused while its owner is disabled', async () => {
    const { text } = await createAccessToken(access.store, alice)
    await change(access.store, alice, { disabled: true })
    expect(await refusalOf(bearer(text))).toBe('the access token is not valid any more; create a new one')
    expect(await refusalOf(basic('alice', text))).toBe('the access token is not valid any more; create a new one')
    await change(access.store, alice, { disabled: false })
    expect(await ask(bearer(text))).toMatchObject({ kind: 'credential' })
  })

  test('that is mistyped or cut off is told so, and costs no look-up', async () => {
    const { text } = await createAccessToken(access.store, alice)
    for (const wrong of [mistype(text), text.slice(0, -1), `${text}x`, 'kontor_pat_']) {
      expect(await refusalOf(bearer(wrong))).toMatch(/mistyped or cut off/)
      expect(await refusalOf(basic('alice', wrong))).toMatch(/mistyped or cut off/)
    }
  })
})

describe('a robot', () => {
  test('logs in with its name and secret, or with the secret alone', async () => {
    const { robot, secret, secretId } = await createRobot(access.store, acme, 'ci', ['web-*: push'])
    for (const header of [basic('acme+ci', secret), basic('ACME+CI', secret), bearer(secret)]) {
      const credential = await access.credentialFor(header)
      expect(credential).toEqual({
        subject: { kind: 'robot', robot },
        narrowing: undefined,
        proof: { kind: 'robot-secret', id: secretId },
        exchangedFor: undefined,
      })
      expect(await allowed(access.policy, credential, 'acme/web-api')).toEqual(upTo('push'))
      expect(await allowed(access.policy, credential, 'acme/api')).toEqual([])
    }
  })

  test('logs in by the former name of its organization', async () => {
    const { secret } = await createRobot(access.store, acme, 'ci', [])
    await renameAccount(access.store, acme.id, 'ajax')
    for (const name of ['acme+ci', 'ajax+ci']) {
      expect(await ask(basic(name, secret))).toMatchObject({ kind: 'credential' })
    }
  })

  test.each(['acme+cd', 'other+ci', 'acme', 'ci', '+ci', 'acme+', 'acme+ci+', 'acme+ci+x', 'alice', ''])(
    'is refused by the name "%s"',
    async (name) => {
      await createRobot(access.store, acme, 'cd', [])
      await createRobot(access.store, await createOrganization(access.store, 'other'), 'ci', [])
      const { secret } = await createRobot(access.store, acme, 'ci', [])
      expect(await refusalOf(basic(name, secret))).toMatch(/is not of that robot/)
    },
  )

  test('is refused while it is disabled, and once it has expired', async () => {
    const { robot, secret } = await createRobot(access.store, acme, 'ci', [], access.clock.now() + DAY_MS)
    await access.store.robots.update(robot.id, { disabled: true }, ORIGIN)
    expect(await refusalOf(basic('acme+ci', secret))).toBe(
      'the robot acme+ci is disabled; ask a manager of acme to enable it',
    )
    expect(await refusalOf(bearer(secret))).toBe('the robot acme+ci is disabled; ask a manager of acme to enable it')
    await access.store.robots.update(robot.id, { disabled: false }, ORIGIN)
    access.clock.advance(DAY_MS - 1)
    expect(await ask(bearer(secret))).toMatchObject({ kind: 'credential' })
    access.clock.advance(1)
    expect(await refusalOf(bearer(secret))).toMatch(/^the robot acme\+ci has expired/)
    await access.store.robots.update(robot.id, { expiresAt: null }, ORIGIN)
    expect(await ask(bearer(secret))).toMatchObject({ kind: 'credential' })
  })

  test('has two secrets that both work, so that rotation has no gap, and each is refused once it is deleted', async () => {
    const { robot, secret, secretId } = await createRobot(access.store, acme, 'ci', [])
    const second = createSecretText('robot-secret')
    await access.store.robots.addSecret(robot.id, hashSecret(second), ORIGIN)
    expect(await ask(basic('acme+ci', secret))).toMatchObject({ kind: 'credential' })
    expect(await ask(basic('acme+ci', second))).toMatchObject({ kind: 'credential' })
    await access.store.robots.deleteSecret(robot.id, secretId, ORIGIN)
    expect(await refusalOf(basic('acme+ci', secret))).toBe(
      'the secret of the robot is not valid any more; use its other one or have a new one made',
    )
    expect(await ask(basic('acme+ci', second))).toMatchObject({ kind: 'credential' })
    await access.store.robots.delete(robot.id, ORIGIN)
    expect(await refusalOf(bearer(second))).toBe(
      'the secret of the robot is not valid any more; use its other one or have a new one made',
    )
  })
})

describe('a refresh token', () => {
  /** A token of the form that is stored as it is given. */
  async function keep(text: string): Promise<void> {
    const { id: accountId, credentialsVersion } = alice
    await access.store.refreshTokens.create({ tokenHash: hashSecret(text), accountId, credentialsVersion }, ORIGIN)
  }

  test.each([createSecretText('refresh-token'), `kontor_rt_${'aB3-_'.repeat(8)}xyz`])(
    'of the new form and of the first one is taken where it belongs: %s',
    async (text) => {
      expect(await access.authenticate.byRefreshToken(text, HERE)).toMatchObject({ kind: 'refused' })
      await keep(text)
      expect(await access.authenticate.byRefreshToken(text, HERE)).toMatchObject({
        kind: 'credential',
        credential: { subject: { account: alice }, narrowing: undefined, proof: { kind: 'refresh-token' } },
      })
    },
  )

  test('is not for logging in with, as a password or as a bearer token', async () => {
    const text = createSecretText('refresh-token')
    await keep(text)
    expect(await refusalOf(basic('alice', text))).toBe(
      'this kind of token is not for logging in; use an access token or the secret of a robot',
    )
    expect(await refusalOf(bearer(text))).toBe(
      'this kind of token is not for logging in; use an access token or the secret of a robot',
    )
  })

  test('is nothing but that: no other secret is taken in its place', async () => {
    const { text } = await createAccessToken(access.store, alice)
    const { secret } = await createRobot(access.store, acme, 'ci', [])
    for (const other of [text, secret, 'password of alice']) {
      expect(await access.authenticate.byRefreshToken(other, HERE)).toMatchObject({ kind: 'refused' })
    }
  })
})

test('the text of an invitation is not for logging in', async () => {
  const text = createSecretText('invitation')
  const organization = { id: acme.id, role: 'owner' } as const
  const expiresAt = access.clock.now() + DAY_MS
  await access.store.invitations.create(
    { tokenHash: hashSecret(text), organization, note: undefined, invitedBy: alice.id, expiresAt },
    ORIGIN,
  )
  expect(await refusalOf(basic('alice', text))).toBe(
    'this kind of token is not for logging in; use an access token or the secret of a robot',
  )
  expect(await refusalOf(bearer(text))).toBe(
    'this kind of token is not for logging in; use an access token or the secret of a robot',
  )
  expect(await access.authenticate.byRefreshToken(text, HERE)).toMatchObject({ kind: 'refused' })
})
