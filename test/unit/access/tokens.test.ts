import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import jsonwebtoken from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseScopes } from '../../../oci/scope.ts'
import { PERMISSIONS } from '../../../server/access/credential.ts'
import { narrowingOf } from '../../../server/access/tokens.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { LIFETIME_SECONDS, type OpenAccess, openAccess } from './open-access.ts'

const APP = parseRepositoryName('alice/app')

let access: OpenAccess
let alice: Account

beforeAll(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
})

afterAll(() => access.close())

/** A token of ours, as the token endpoint issues it. */
function issue(): string {
  const request = {
    access: [{ name: APP, actions: ['pull'] as const }],
    keepsCatalog: true,
    service: 'registry.example',
  }
  return access.tokens.issue({ account: alice, ...request }).token
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

function decode(token: string, part: 0 | 1): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString())
}

/** A token with any header and claims, signed as ES256 with any key: ours unless said otherwise. */
function forge(
  header: object,
  claims: object | string = decode(issue(), 1),
  key: KeyObject = access.keys.current().privateKey,
): string {
  const content = `${encode(header)}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' })
  return `${content}.${signature.toString('base64url')}`
}

/** The header of our tokens. */
function ourHeader(changes: object = {}): object {
  return { alg: 'ES256', typ: 'JWT', kid: access.keys.current().kid, ...changes }
}

/** Our claims, changed; undefined takes one away. */
function ourClaims(changes: object): object {
  return { ...decode(issue(), 1), ...changes }
}

const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' })

describe('a token that is issued', () => {
  test('says what Distribution expects of one (JWT-1, JWT-2)', () => {
    const { clock, keys } = access
    const iat = Math.floor(clock.now() / 1000)
    expect(decode(issue(), 0)).toEqual({ alg: 'ES256', typ: 'JWT', kid: keys.current().kid })
    expect(decode(issue(), 1)).toEqual({
      iss: 'kontor',
      sub: 'alice',
      aud: 'registry.example',
      iat,
      nbf: iat - 10,
      exp: iat + LIFETIME_SECONDS,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      access: [
        { type: 'repository', name: 'alice/app', actions: ['pull'] },
        { type: 'registry', name: 'catalog', actions: ['*'] },
      ],
      account: alice.id,
      credentials: alice.credentialsVersion,
    })
    expect(decode(issue(), 1)['jti']).not.toBe(decode(issue(), 1)['jti'])
  })

  test('for anonymous names nobody', () => {
    const { tokens } = access
    const { token } = tokens.issue({ account: undefined, access: [], keepsCatalog: false, service: 'x' })
    expect(decode(token, 1)).toMatchObject({ sub: '', access: [] })
    expect(tokens.verify(token)).toMatchObject({ account: undefined, access: [], keepsCatalog: false })
  })

  test('is understood again, the first time and when it is remembered', () => {
    const token = issue()
    const claims = access.tokens.verify(token)
    expect(claims).toEqual({
      account: { id: alice.id, credentialsVersion: 1 },
      access: [{ name: 'alice/app', actions: ['pull'] }],
      keepsCatalog: true,
      expiresAt: Math.floor(access.clock.now() / 1000 + LIFETIME_SECONDS) * 1000,
    })
    expect(access.tokens.verify(token)).toBe(claims)
  })

  test('for as many scopes as one may ask for, with names as long as they may be, is one that is taken', () => {
    const long = Array.from({ length: 64 }, (_, index) => `repository:a/${String(index).padStart(253, 'b')}:*`)
    const scopes = parseScopes(long).flatMap((scope) => (scope.kind === 'repository' ? [scope] : []))
    const { token } = access.tokens.issue({
      account: alice,
      access: scopes,
      keepsCatalog: true,
      service: 'x'.repeat(255),
    })
    expect(access.tokens.verify(token)?.access).toHaveLength(scopes.length)
    // RESP-5: Go's clients and most proxies take headers of 16 KiB.
    expect(`Bearer ${token}`.length).toBeLessThan(16 * 1024)
  })
})

describe('a forgery is not taken (S10)', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('with the algorithm "%s" and no signature', (alg) => {
    const [, claims] = issue().split('.')
    for (const signature of ['', '.', '.AAAA']) {
      expect(access.tokens.verify(`${encode(ourHeader({ alg }))}.${claims}${signature}`)).toBeUndefined()
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
      const content = `${encode(ourHeader({ alg }))}.${encode(decode(issue(), 1))}`
      const signature = createHmac(alg.replace('HS', 'sha'), secret).update(content).digest('base64url')
      expect(access.tokens.verify(`${content}.${signature}`)).toBeUndefined()
    }
  })

  const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }

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
    expect(access.tokens.verify(forge(ourHeader(header), undefined, attacker.privateKey))).toBeUndefined()
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
    expect(access.tokens.verify(forge(ourHeader({ kid })))).toBeUndefined()
    expect(access.tokens.verify(forge(ourHeader({ kid, jwk }), undefined, attacker.privateKey))).toBeUndefined()
  })

  test('signed as another algorithm than our key is for', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const { kid } = access.keys.current()
    const claims = decode(issue(), 1)
    for (const token of [
      jsonwebtoken.sign(claims, rsa.privateKey, { algorithm: 'RS256', keyid: kid }),
      jsonwebtoken.sign(claims, rsa.privateKey, { algorithm: 'PS256', keyid: kid }),
      jsonwebtoken.sign(claims, p384.privateKey, { algorithm: 'ES384', keyid: kid }),
      forge(ourHeader({ alg: 'ES384' })),
      forge(ourHeader({ alg: 'EdDSA' })),
      forge(ourHeader({ alg: undefined })),
    ]) {
      expect(access.tokens.verify(token)).toBeUndefined()
    }
  })

  test('whose claims were changed under our signature', () => {
    const [header, claims = '', signature] = issue().split('.')
    for (const change of [
      { account: alice.id + 1 },
      { access: [{ type: 'repository', name: 'alice/app', actions: ['pull', 'push'] }] },
      { exp: 9_999_999_999 },
    ]) {
      const changed = encode({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), ...change })
      expect(access.tokens.verify(`${header}.${changed}.${signature}`)).toBeUndefined()
    }
  })

  test('whose signature is that of another token, none, or all zeros', () => {
    const [header, claims] = issue().split('.')
    const other = issue().split('.')[2]
    const zeros = Buffer.alloc(64).toString('base64url')
    for (const signature of [other, '', 'AAAA', zeros]) {
      expect(access.tokens.verify(`${header}.${claims}.${signature}`)).toBeUndefined()
    }
  })

  test('that differs in one character from ours, unless it says the same', () => {
    const token = issue()
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
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  const token = forge(ourHeader({ jwk, jku: 'https://evil.example', x5c: ['MIIB'], typ: 'other' }))
  expect(access.tokens.verify(token)).toBeDefined()
})

describe('a token with our signature and claims that are not ours is not taken (S10)', () => {
  test.each([
    ['another issuer', { iss: 'another' }],
    ['our issuer among others', { iss: ['kontor', 'another'] }],
    ['no issuer', { iss: undefined }],
    ['no expiry', { exp: undefined }],
    ['an expiry that is no number', { exp: 'never' }],
    ['no access', { access: undefined }],
    ['access that is no list', { access: { type: 'repository' } }],
    ['access that holds nothing', { access: [null] }],
    ['a beginning that is no number', { nbf: 'now' }],
  ])('%s', (_, changes) => {
    expect(access.tokens.verify(forge(ourHeader(), ourClaims(changes)))).toBeUndefined()
  })

  test.each([
    ['no claims', ''],
    ['a string', '"claims"'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no JSON', '{'],
  ])('but %s', (_, claims) => {
    expect(access.tokens.verify(forge(ourHeader(), claims))).toBeUndefined()
  })

  test('a beginning more than a minute ahead; it is taken once that has come', () => {
    const nowSeconds = Math.floor(access.clock.now() / 1000)
    expect(access.tokens.verify(forge(ourHeader(), ourClaims({ nbf: nowSeconds + 60 })))).toBeDefined()
    const early = forge(ourHeader(), ourClaims({ nbf: nowSeconds + 120 }))
    expect(access.tokens.verify(early)).toBeUndefined()
    access.clock.advance(61_000)
    expect(access.tokens.verify(early)).toBeDefined()
  })
})

test('a token for what is no repository carries nothing of it', () => {
  const entries = [
    { type: 'repository', name: '../../etc', actions: ['push'] },
    { type: 'repository', name: 'Alice/App', actions: ['push'] },
    { type: 'other', name: 'alice/app', actions: ['push'] },
    { type: 'repository', name: 'alice/app', actions: ['pull'] },
  ]
  const claims = access.tokens.verify(forge(ourHeader(), ourClaims({ access: entries })))
  expect(claims?.access).toEqual([{ name: 'alice/app', actions: ['pull'] }])
})

test('no text makes it throw, and none of it is a token', () => {
  const segment = fc.oneof(
    fc.base64String(),
    fc.string(),
    fc.json().map(encode),
    fc.constant(encode({ alg: 'ES256', typ: 'JWT' })),
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
  const claims = ourClaims({ padding: 'x'.repeat(16 * 1024) })
  expect(access.tokens.verify(forge(ourHeader(), claims))).toBeUndefined()
  expect(access.tokens.verify('x'.repeat(1_000_000))).toBeUndefined()
})

test('what a token keeps is what it carries: these actions, on these repositories', () => {
  const other = parseRepositoryName('alice/other')
  const kept = (...actions: ('pull' | 'push' | 'delete')[]) => {
    const { keeps } = narrowingOf({ access: [{ name: APP, actions }], keepsCatalog: false })
    for (const permission of PERMISSIONS) expect(keeps(permission, other)).toBe(false)
    return PERMISSIONS.filter((permission) => keeps(permission, APP))
  }
  expect(kept()).toEqual([])
  expect(kept('pull')).toEqual(['pull'])
  expect(kept('pull', 'push')).toEqual(['pull', 'push'])
  expect(kept('delete')).toEqual(['maintain'])
  expect(kept('pull', 'push', 'delete')).toEqual(['pull', 'push', 'maintain'])
  expect(narrowingOf({ access: [], keepsCatalog: true }).keepsCatalog).toBe(true)
})
