import * as argon2 from '@node-rs/argon2'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Authentication } from '../../../server/access/authenticate.ts'
import { createSecretText } from '../../../server/access/secret-text.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { readTrail } from '../../contract/metadata/audit-log.ts'
import { renameAccount } from '../../contract/metadata/sample-content.ts'
import { basic, bearer, HERE, type OpenAccess, openAccess } from './open-access.ts'
import { createAccessToken } from './sample-rights.ts'

// The real thing, with its calls counted: what a guess costs is asked of the work done, not of a stopwatch.
vi.mock('@node-rs/argon2', async (importOriginal) => {
  const real = await importOriginal<typeof import('@node-rs/argon2')>()
  return { ...real, verify: vi.fn(real.verify) }
})

const RIGHT = 'password of alice'
const ELSEWHERE = { ...HERE, address: '198.51.100.9' }

let access: OpenAccess
let alice: Account

beforeEach(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
})

afterEach(() => access.close())

function tryIn(password: string, presentation = ELSEWHERE, username = 'alice'): Promise<Authentication> {
  return access.authenticate.byPassword(username, password, presentation)
}

async function fail(times: number, presentation = ELSEWHERE, username = 'alice'): Promise<void> {
  for (let index = 0; index < times; index++) {
    expect(await tryIn(`guess ${index}`, presentation, username)).toMatchObject({ kind: 'refused' })
  }
}

const THROTTLED = { kind: 'throttled', retryAfterSeconds: expect.any(Number) }

describe('after ten wrong passwords for an account (S47)', () => {
  test('none is heard for some time, the right one neither, and nothing is spent on it', async () => {
    await fail(10)
    vi.mocked(argon2.verify).mockClear()
    for (const password of [RIGHT, 'another guess']) {
      const answer = await tryIn(password)
      expect(answer).toEqual(THROTTLED)
      if (answer.kind !== 'throttled') continue
      expect(answer.retryAfterSeconds).toBeGreaterThan(0)
      expect(answer.retryAfterSeconds).toBeLessThanOrEqual(300)
    }
    expect(await access.authenticate.byHeader(basic('alice', RIGHT), HERE)).toEqual(THROTTLED)
    expect(argon2.verify).not.toHaveBeenCalled()
  })

  test('its owner is still heard where they logged in before', async () => {
    expect(await tryIn(RIGHT, HERE)).toMatchObject({ kind: 'credential' })
    await fail(10)
    expect(await tryIn(RIGHT, ELSEWHERE)).toEqual(THROTTLED)
    expect(await tryIn(RIGHT, HERE)).toMatchObject({ kind: 'credential' })
  })

  test('however its name is written, and by whichever of its names', async () => {
    await renameAccount(access.store, alice.id, 'alicia')
    await fail(3, ELSEWHERE, 'alice')
    await fail(3, ELSEWHERE, 'ALICIA')
    await fail(4, ELSEWHERE, 'alicia')
    for (const name of ['alice', 'alicia', 'Alice']) expect(await tryIn(RIGHT, ELSEWHERE, name)).toEqual(THROTTLED)
  })

  test('there being no such account makes no difference (S26)', async () => {
    await fail(10, ELSEWHERE, 'nobody-here')
    expect(await tryIn('guess', ELSEWHERE, 'nobody-here')).toEqual(THROTTLED)
    expect(await tryIn(RIGHT)).toMatchObject({ kind: 'credential' })
  })

  test('its access tokens are heard, and so are its JWTs', async () => {
    const jwt = await access.bearerFor(basic('alice', RIGHT), 'repository:alice/app:pull')
    const { text } = await createAccessToken(access.store, alice)
    await fail(10)
    expect(await tryIn(text)).toMatchObject({ kind: 'credential' })
    expect(await access.authenticate.byHeader(bearer(text), ELSEWHERE)).toMatchObject({ kind: 'credential' })
    expect(await access.authenticate.byHeader(jwt, ELSEWHERE)).toMatchObject({ kind: 'credential' })
  })
})

test('a client that tries every wrong password twice does not lock out whoever mistypes it four times (S47)', async () => {
  await fail(8)
  expect(await tryIn(RIGHT)).toMatchObject({ kind: 'credential' })
})

test('logging in all day is never throttled, be it from an address that nobody has seen', async () => {
  for (let index = 0; index < 100; index++) {
    expect(await tryIn(RIGHT, { ...HERE, address: `203.0.113.${index}` })).toMatchObject({ kind: 'credential' })
  }
})

test.each([20, 40])('a burst of %d guesses at once with the right one last tells nothing (S47)', async (count) => {
  const passwords = [...Array.from({ length: count - 1 }, (_, index) => `guess ${index}`), RIGHT]
  const answers = await Promise.all(passwords.map((password) => tryIn(password)))
  const last = answers.at(-1)
  expect(last).toEqual(THROTTLED)
  expect(answers.some(({ kind }) => kind === 'credential')).toBe(false)
  // Those before it got the same answer, but for the seconds that went by in between.
  expect(answers.at(-2)).toEqual(THROTTLED)
})

test('secrets that are wrong are refused for ever, and throttle nobody', async () => {
  const secret = createSecretText('robot-secret')
  for (let index = 0; index < 60; index++) {
    expect(await tryIn(createSecretText('access-token'))).toMatchObject({ kind: 'refused' })
    expect(await access.authenticate.byHeader(bearer(secret), ELSEWHERE)).toMatchObject({ kind: 'refused' })
    expect(await access.authenticate.byRefreshToken(createSecretText('refresh-token'), ELSEWHERE)).toMatchObject({
      kind: 'refused',
    })
  }
  expect(await tryIn(RIGHT)).toMatchObject({ kind: 'credential' })
})

describe('a login that is refused is left for the audit trail', () => {
  async function refusedLogins() {
    await access.refusals.flush()
    return (await readTrail(access.store)).filter(({ action }) => action === 'login')
  }

  test('with the name, the address, the request and the reason', async () => {
    await tryIn('a guess')
    expect(await refusedLogins()).toEqual([
      {
        id: expect.any(Number),
        at: access.clock.now(),
        action: 'login',
        outcome: 'refused',
        object: 'alice',
        ownerId: undefined,
        origin: { accountId: undefined, accountName: '', credential: 'none', ...ELSEWHERE },
        detail: { reason: 'the user name or the password is wrong', count: 1 },
      },
    ])
  })

  test('whichever way it was tried, and what is throttled too', async () => {
    await fail(10)
    await tryIn(RIGHT)
    await access.authenticate.byHeader(basic('acme+ci', createSecretText('robot-secret')), HERE)
    await access.authenticate.byHeader(bearer(createSecretText('access-token')), HERE)
    await access.authenticate.byRefreshToken(createSecretText('refresh-token'), HERE)
    const told = (await refusedLogins()).map(
      ({ object, detail }) => `${object}: ${detail['reason']} ×${detail['count']}`,
    )
    expect(told.sort()).toEqual([
      ': the access token is not valid any more; create a new one ×1',
      ': the refresh token is not valid any more; log in again ×1',
      'acme+ci: the secret of the robot is not valid any more; use its other one or have a new one made ×1',
      'alice: the user name or the password is wrong ×10',
      'alice: too many wrong tries ×1',
    ])
  })

  test('but never one that was taken, nor somebody who has no credentials', async () => {
    await tryIn(RIGHT)
    await access.authenticate.byHeader(undefined, HERE)
    await access.authenticate.byHeader(basic('', ''), HERE)
    expect(await refusedLogins()).toEqual([])
  })

  test('without a secret, wherever it was put (S29)', async () => {
    const secrets = (['access-token', 'robot-secret', 'refresh-token', 'invitation'] as const).map(createSecretText)
    const wrong = secrets.map((secret) => `${secret.slice(0, -1)}!`)
    for (const secret of [...secrets, ...wrong, 'a secret password']) {
      await access.authenticate.byHeader(bearer(secret), HERE)
      await access.authenticate.byHeader(basic('alice', secret), HERE)
      await access.authenticate.byHeader(basic('acme+ci', secret), HERE)
      await access.authenticate.byRefreshToken(secret, HERE)
    }
    // Some put the token where the name belongs.
    for (const secret of [...secrets, ...wrong]) await access.authenticate.byHeader(basic(secret, 'x-oauth'), HERE)
    const trail = JSON.stringify(await refusedLogins()).toLowerCase()
    for (const secret of [...secrets, 'a secret password'])
      expect(trail).not.toContain(secret.slice(-12, -1).toLowerCase())
    expect(trail).toContain('acme+ci')
  })
})
