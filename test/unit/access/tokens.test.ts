import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseScopes } from '../../../oci/scope.ts'
import { PERMISSIONS } from '../../../server/access/credential.ts'
import { narrowingOf } from '../../../server/access/tokens.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { createForger, decodePart, type Forger } from './forge-token.ts'
import { LIFETIME_SECONDS, type OpenAccess, openAccess } from './open-access.ts'

const APP = parseRepositoryName('alice/app')

let access: OpenAccess
let alice: Account
let forger: Forger

beforeAll(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
  forger = createForger(access, alice)
})

afterAll(() => access.close())

describe('a token that is issued', () => {
  test('says what Distribution expects of one (JWT-1, JWT-2)', () => {
    const { clock, keys } = access
    const iat = Math.floor(clock.now() / 1000)
    expect(decodePart(forger.issue(), 0)).toEqual({ alg: 'ES256', typ: 'JWT', kid: keys.current().kid })
    expect(decodePart(forger.issue(), 1)).toEqual({
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
    expect(decodePart(forger.issue(), 1)['jti']).not.toBe(decodePart(forger.issue(), 1)['jti'])
  })

  test('for anonymous names nobody', () => {
    const { tokens } = access
    const { token } = tokens.issue({ account: undefined, access: [], keepsCatalog: false, service: 'x' })
    expect(decodePart(token, 1)).toMatchObject({ sub: '', access: [] })
    expect(tokens.verify(token)).toMatchObject({ account: undefined, access: [], keepsCatalog: false })
  })

  test('is understood again, the first time and when it is remembered', () => {
    const token = forger.issue()
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
    expect(access.tokens.verify(forger.forge(forger.ourHeader(), forger.ourClaims(changes)))).toBeUndefined()
  })

  test.each([
    ['no claims', ''],
    ['a string', '"claims"'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no JSON', '{'],
  ])('but %s', (_, claims) => {
    expect(access.tokens.verify(forger.forge(forger.ourHeader(), claims))).toBeUndefined()
  })

  test('a beginning more than a minute ahead; it is taken once that has come', () => {
    const nowSeconds = Math.floor(access.clock.now() / 1000)
    expect(
      access.tokens.verify(forger.forge(forger.ourHeader(), forger.ourClaims({ nbf: nowSeconds + 60 }))),
    ).toBeDefined()
    const early = forger.forge(forger.ourHeader(), forger.ourClaims({ nbf: nowSeconds + 120 }))
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
  const claims = access.tokens.verify(forger.forge(forger.ourHeader(), forger.ourClaims({ access: entries })))
  expect(claims?.access).toEqual([{ name: 'alice/app', actions: ['pull'] }])
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
