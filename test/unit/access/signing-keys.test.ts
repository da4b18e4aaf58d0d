import { createHash, createPublicKey } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSigningKeys, type SigningKeys } from '../../../server/access/signing-keys.ts'
import { createTokens } from '../../../server/access/tokens.ts'
import { readTrail } from '../../contract/metadata/audit-log.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const LIFETIME_SECONDS = 900
/** How long tokens may be presented after they were signed: their lifetime, and a day for uploads. */
const PROVES_FOR_MS = LIFETIME_SECONDS * 1000 + DAY_MS

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>

beforeEach(async () => {
  underTest = await openSqliteUnderTest()
})

afterEach(() => underTest.close())

function open(rotateAfterMs = 30 * DAY_MS): Promise<SigningKeys> {
  const { store, clock } = underTest
  return openSigningKeys({ store: store.signingKeys, now: clock.now, rotateAfterMs, provesForMs: PROVES_FOR_MS })
}

function tokensOf(keys: SigningKeys) {
  return createTokens({ keys, lifetimeSeconds: LIFETIME_SECONDS, now: underTest.clock.now })
}

function issue(keys: SigningKeys): string {
  const holder = { kind: 'anonymous' } as const
  return tokensOf(keys).issue({ holder, subject: '', access: [], keepsCatalog: false, service: 'test' }).token
}

test('the first start makes a key, and every later one finds it', async () => {
  const first = await open()
  await underTest.reopen()
  const second = await open()
  expect(second.current().kid).toBe(first.current().kid)
  expect(tokensOf(second).verify(issue(first))).toBeDefined()
  expect(await underTest.store.signingKeys.list()).toHaveLength(1)
})

test('a key is named by the thumbprint of its public half (RFC 7638)', async () => {
  const { kid, publicKey } = (await open()).current()
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  expect({ crv, kty }).toEqual({ crv: 'P-256', kty: 'EC' })
  const thumbprint = createHash('sha256').update(`{"crv":"${crv}","kty":"${kty}","x":"${x}","y":"${y}"}`)
  expect(kid).toBe(thumbprint.digest('base64url'))
})

test('the key set shows every key, and of none the private half', async () => {
  const keys = await open()
  const { keys: shown } = keys.jwks()
  expect(shown).toEqual([
    { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), kid: keys.current().kid, alg: 'ES256', use: 'sig' }, // biome-ignore format: one key
  ])
  expect(Object.keys(shown[0] ?? {})).not.toContain('d')
  const imported = createPublicKey({ key: shown[0] ?? {}, format: 'jwk' })
  expect(imported.equals(keys.current().publicKey)).toBe(true)
})

test.each(['', 'nobody', '__proto__', 'constructor', '../../etc/passwd', "' OR 1=1 --"])(
  'there is no key called "%s" (S10)',
  async (kid) => {
    expect((await open()).find(kid)).toBeUndefined()
  },
)

describe('rotation', () => {
  test('is not due before its time, however often it is asked for', async () => {
    const keys = await open()
    const { kid } = keys.current()
    underTest.clock.advance(30 * DAY_MS - 1)
    await keys.rotateIfDue()
    await keys.rotateIfDue()
    expect(keys.current().kid).toBe(kid)
    expect(await underTest.store.signingKeys.list()).toHaveLength(1)
  })

  test('makes a new key sign, while the old one goes on proving what it signed', async () => {
    const keys = await open()
    const { kid } = keys.current()
    const old = issue(keys)
    underTest.clock.advance(30 * DAY_MS)
    await keys.rotateIfDue()
    expect(keys.current().kid).not.toBe(kid)
    expect(keys.find(kid)).toBeDefined()
    expect(keys.jwks().keys.map((key) => key['kid'])).toEqual([keys.current().kid, kid])
    expect(tokensOf(keys).verify(old)).toBeDefined()
    expect(tokensOf(keys).verify(issue(keys))).toBeDefined()
  })

  test('is caught up with at a start', async () => {
    const { kid } = (await open()).current()
    underTest.clock.advance(31 * DAY_MS)
    const keys = await open()
    expect(keys.current().kid).not.toBe(kid)
    expect(keys.find(kid)).toBeDefined()
  })

  test('leaves an event in the audit trail, by the server itself, without the key', async () => {
    const keys = await open()
    const trail = await readTrail(underTest.store)
    expect(trail).toMatchObject([
      { action: 'signing_key.created', object: keys.current().kid, origin: { accountName: 'kontor' } },
    ])
    expect(JSON.stringify(trail)).not.toContain('PRIVATE')
  })

  test('forgets keys when nothing they signed can be presented any more, so that few are kept', async () => {
    const keys = await open()
    const first = keys.current().kid
    for (let month = 0; month < 12; month++) {
      underTest.clock.advance(30 * DAY_MS)
      await keys.rotateIfDue()
      expect(keys.jwks().keys.length).toBeLessThanOrEqual(3)
    }
    expect(keys.find(first)).toBeUndefined()
  })

  test.each([
    ['as it was', 30 * DAY_MS, 30 * DAY_MS],
    ['shorter than a token may be presented for', HOUR_MS, HOUR_MS],
    ['made much shorter', 90 * DAY_MS, DAY_MS],
    ['made much longer', DAY_MS, 90 * DAY_MS],
  ])('never ends a token before its time, though the period is %s', async (_, before, after) => {
    const { clock } = underTest
    let keys = await open(before)
    const signed: { token: string; until: number }[] = []
    for (let step = 0; step < 40; step++) {
      signed.push({ token: issue(keys), until: clock.now() + PROVES_FOR_MS })
      clock.advance(Math.round(before / 7))
      if (step === 20) {
        signed.push({ token: issue(keys), until: clock.now() + PROVES_FOR_MS })
        keys = await open(after)
      }
      await keys.rotateIfDue()
      const tokens = tokensOf(keys)
      for (const { token, until } of signed) {
        if (clock.now() < until) expect(tokens.verify(token)).toBeDefined()
      }
    }
  })
})
