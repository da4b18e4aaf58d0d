import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSecretText, hideSecrets, readSecretText } from '../../server/access/secret-text.ts'
import { narrowingOf } from '../../server/access/tokens.ts'
import { ATTACKER, createForger, encodePart, type Forger } from '../unit/access/forge-token.ts'
import { HERE, type OpenAccess, openAccess } from '../unit/access/open-access.ts'
import { check, checkAsync } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS } from './grammar.ts'

let access: OpenAccess
let forger: Forger

beforeAll(async () => {
  access = await openAccess()
  forger = createForger(access, await access.createUser('alice'))
})
afterAll(() => access.close())

const base64 = fc.oneof(
  anyText.map((text) => Buffer.from(text).toString('base64')),
  // A user name and nothing like a password: guessing those is throttled, and tested elsewhere.
  fc
    .tuple(anyText, fc.constantFrom('kontor_pat_', 'kontor_robot_', 'kontor_rt_', 'kontor_inv_'), anyText)
    .map((parts) => {
      return Buffer.from(`${parts[0]}:${parts[1]}${parts[2]}`).toString('base64')
    }),
  anyText,
)
const schemes = fc.constantFrom(
  'Basic',
  'basic',
  'BASIC',
  'Bearer',
  'bearer',
  'Negotiate',
  'Digest',
  '',
  'Basic\t',
  ' Basic',
)

test('any Authorization header is refused, says nothing at all, or is throttled: none of them is somebody', async () => {
  await checkAsync(
    fc.asyncProperty(
      schemes,
      fc.constantFrom(' ', '  ', ''),
      fc.oneof(base64, anyText),
      async (scheme, space, value) => {
        const outcome = await access.authenticate.byHeader(`${scheme}${space}${value}`, HERE)
        expect(['refused', 'none', 'throttled']).toContain(outcome.kind)
        if (outcome.kind === 'refused') expect(outcome.reason).toMatch(/^[\x20-\x7e]{1,200}$/)
      },
    ),
    { numRuns: 200 },
  )
})

const claimNames = fc.constantFrom(
  'access',
  'exp',
  'nbf',
  'iat',
  'iss',
  'sub',
  'aud',
  'account',
  'credentials',
  'token',
  'refresh',
  'robot',
  'secret',
)
const claimValues = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(-1, 0, 1.5, 1e308, 9_999_999_999, '1', null, 'kontor', [null], [[]], [{ type: 'repository' }]),
  fc.array(
    fc.record({
      type: fc.constantFrom('repository', 'registry', 7, null),
      name: fc.oneof(fc.constantFrom('acme/web', 'catalog', null, 7), anyText),
      actions: fc.oneof(fc.constantFrom(['pull'], ['*'], 'pull', null), fc.array(anyText, { maxLength: 2 })),
    }),
    { maxLength: 3 },
  ),
)

test('S10: a token of any content that another signed, or nobody, is none', () => {
  const headers = fc.dictionary(
    fc.constantFrom('alg', 'kid', 'typ', 'crit', 'jwk', 'x5c', 'b64', 'zip'),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('none', 'HS256', 'ES256', 'ES512')),
    { maxKeys: 3 },
  )
  check(
    fc.property(
      headers,
      fc.dictionary(claimNames, claimValues, { maxKeys: 4 }),
      fc.boolean(),
      (header, claims, isSigned) => {
        const [head, body] = [forger.ourHeader(header), forger.ourClaims(claims)]
        const unsigned = `${encodePart(head)}.${encodePart(body)}.`
        expect(
          access.tokens.verify(isSigned ? forger.forge(head, body, ATTACKER.privateKey) : unsigned),
        ).toBeUndefined()
      },
    ),
    { numRuns: 200 },
  )
})

test('a token of any content that our key signed is none, or one of which everything is what it should be', () => {
  check(
    fc.property(fc.dictionary(claimNames, claimValues, { maxKeys: 4 }), (claims) => {
      const read = access.tokens.verify(forger.forge(forger.ourHeader(), forger.ourClaims(claims)))
      if (read === undefined) return
      expect(typeof read.expiresAt).toBe('number')
      for (const { name } of read.access) expect(name).toMatch(/^[a-z0-9._/-]+$/)
      expect(() => narrowingOf(read)).not.toThrow()
    }),
    { numRuns: 300 },
  )
})

const kinds = fc.constantFrom('access-token', 'robot-secret', 'refresh-token', 'invitation')

test('every secret is known as what it is, and with one character changed as mistyped', () => {
  check(
    fc.property(kinds, fc.nat(), fc.constantFrom(...'0aZ_-.é '), (kind, position, character) => {
      const text = createSecretText(kind)
      expect(readSecretText(text)).toEqual({ kind: 'secret', secret: kind })
      const body = text.length - 46
      const at = body + (position % 46)
      if (text[at] === character) return
      expect(readSecretText(text.slice(0, at) + character + text.slice(at + 1))).toEqual({
        kind: 'mistyped',
        secret: kind,
      })
      // The first refresh tokens had 43 characters and no checksum.
      const length = kind === 'refresh-token' && at - body === 43 ? at - 1 : at
      expect(readSecretText(text.slice(0, length))).toEqual({ kind: 'mistyped', secret: kind })
    }),
  )
})

test('no secret is left in a text, wherever it stood', () => {
  check(
    fc.property(anyText, kinds, anyText, (before, kind, after) => {
      const secret = createSecretText(kind)
      expect(hideSecrets(before + secret + after)).not.toContain(secret.slice(-40))
    }),
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are no secret and no token within 5 ms (S33)', (_, text) => {
  for (const hostile of [text, `kontor_pat_${text}`, `${text}.${text}.${text}`, `eyJ${text}`]) {
    expect(bestMs(() => readSecretText(hostile))).toBeLessThan(5)
    expect(bestMs(() => hideSecrets(hostile))).toBeLessThan(5)
    expect(bestMs(() => access.tokens.verify(hostile))).toBeLessThan(5)
  }
})
