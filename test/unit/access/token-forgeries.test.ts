import { createHmac, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import jsonwebtoken from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ATTACKER, createForger, decodePart, encodePart, type Forger } from './forge-token.ts'
import { type OpenAccess, openAccess } from './open-access.ts'

let access: OpenAccess
let forger: Forger

beforeAll(async () => {
  access = await openAccess()
  forger = createForger(access, await access.createUser('alice'))
})

afterAll(() => access.close())

describe('a forgery is not taken (S10)', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('with the algorithm "%s" and no signature', (alg) => {
    const [, claims] = forger.issue().split('.')
    for (const signature of ['', '.', '.AAAA']) {
      expect(access.tokens.verify(`${encodePart(forger.ourHeader({ alg }))}.${claims}${signature}`)).toBeUndefined()
    }
  })

  test.each(['HS256', 'HS384', 'HS512'])('signed as %s with our public key as the secret', (alg) => {
    const { publicKey } = access.keys.current()
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      JSON.stringify(access.keys.jwks()),
      '',
    ]
    for (const secret of secrets) {
      const content = `${encodePart(forger.ourHeader({ alg }))}.${encodePart(decodePart(forger.issue(), 1))}`
      const signature = createHmac(alg.replace('HS', 'sha'), secret).update(content).digest('base64url')
      expect(access.tokens.verify(`${content}.${signature}`)).toBeUndefined()
    }
  })

  const jwk = { ...ATTACKER.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }

  test.each([
    ['no more than our kid', {}],
    ['a jwk of their own', { jwk }],
    ['a jwk of their own that is called as ours is', { jwk: 'ours' }],
    ['a jku that leads to their keys', { jku: 'https://evil.example/jwks.json' }],
    ['an x5u that leads to their certificate', { x5u: 'https://evil.example/cert.pem' }],
    ['an x5c with their certificate', { x5c: ['MIIB'] }],
    ['a crit that nobody understands', { crit: ['exp'], exp: 1 }],
  ])('signed by another with %s in its header', (_, changes) => {
    const kid = access.keys.current().kid
    const header = 'jwk' in changes && changes.jwk === 'ours' ? { jwk: { ...jwk, kid } } : changes
    expect(access.tokens.verify(forger.forge(forger.ourHeader(header), undefined, ATTACKER.privateKey))).toBeUndefined()
  })

  test.each([
    ['unknown', 'unknown'],
    ['missing', undefined],
    ['empty', ''],
    ['null', null],
    ['a number', 7],
    ['a list', ['a']],
    ['an object', { toString: 'a' }],
    ['a path', '../../../../dev/null'],
    ['a path to our database', '../../data/kontor.db'],
    ['SQL', "x' UNION SELECT 'key"],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['the length of an array', 'length'],
  ])('with a kid that is %s, whoever signed it', (_, kid) => {
    expect(access.tokens.verify(forger.forge(forger.ourHeader({ kid })))).toBeUndefined()
    expect(
      access.tokens.verify(forger.forge(forger.ourHeader({ kid, jwk }), undefined, ATTACKER.privateKey)),
    ).toBeUndefined()
  })

  test('signed as another algorithm than our key is for', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const { kid } = access.keys.current()
    const claims = decodePart(forger.issue(), 1)
    for (const token of [
      jsonwebtoken.sign(claims, rsa.privateKey, { algorithm: 'RS256', keyid: kid }),
      jsonwebtoken.sign(claims, rsa.privateKey, { algorithm: 'PS256', keyid: kid }),
      jsonwebtoken.sign(claims, p384.privateKey, { algorithm: 'ES384', keyid: kid }),
      forger.forge(forger.ourHeader({ alg: 'ES384' })),
      forger.forge(forger.ourHeader({ alg: 'EdDSA' })),
      forger.forge(forger.ourHeader({ alg: undefined })),
    ]) {
      expect(access.tokens.verify(token)).toBeUndefined()
    }
  })

  test('whose claims were changed under our signature', () => {
    const [header, claims = '', signature] = forger.issue().split('.')
    for (const change of [
      { account: 999 },
      { access: [{ type: 'repository', name: 'alice/app', actions: ['pull', 'push'] }] },
      { exp: 9_999_999_999 },
    ]) {
      const changed = encodePart({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), ...change })
      expect(access.tokens.verify(`${header}.${changed}.${signature}`)).toBeUndefined()
    }
  })

  test('whose signature is that of another token, none, or all zeros', () => {
    const [header, claims] = forger.issue().split('.')
    const other = forger.issue().split('.')[2]
    const zeros = Buffer.alloc(64).toString('base64url')
    for (const signature of [other, '', 'AAAA', zeros]) {
      expect(access.tokens.verify(`${header}.${claims}.${signature}`)).toBeUndefined()
    }
  })

  test('that differs in one character from ours, unless it says the same', () => {
    const token = forger.issue()
    const claims = access.tokens.verify(token)
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABCxyz019-_.=+/ \0é'), (at, character) => {
        const changed = access.tokens.verify(token.slice(0, at) + character + token.slice(at + 1))
        // The last character of base64url has bits to spare.
        if (changed !== undefined) expect(changed).toEqual(claims)
        if (changed !== undefined && token.charAt(at) !== character) expect(at).toBe(token.length - 1)
      }),
      { numRuns: 300 },
    )
  })
})

test('what else our own token says in its header is not looked at (S10)', () => {
  const jwk = ATTACKER.publicKey.export({ format: 'jwk' })
  const token = forger.forge(forger.ourHeader({ jwk, jku: 'https://evil.example', x5c: ['MIIB'], typ: 'other' }))
  expect(access.tokens.verify(token)).toBeDefined()
})

test('no text makes it throw, and none of it is a token', () => {
  const segment = fc.oneof(
    fc.base64String(),
    fc.string(),
    fc.json().map(encodePart),
    fc.constant(encodePart({ alg: 'ES256', typ: 'JWT' })),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(segment, { maxLength: 5 }).map((segments) => segments.join('.')),
  )
  fc.assert(
    fc.property(text, (garbage) => {
      expect(access.tokens.verify(garbage)).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

test('more than 16 KiB are not even looked at', () => {
  const claims = forger.ourClaims({ padding: 'x'.repeat(16 * 1024) })
  expect(access.tokens.verify(forger.forge(forger.ourHeader(), claims))).toBeUndefined()
  expect(access.tokens.verify('x'.repeat(1_000_000))).toBeUndefined()
})
