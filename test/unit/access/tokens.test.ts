import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PERMISSIONS } from '../../../oci/permission.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseScopes } from '../../../oci/scope.ts'
import { narrowingOf, type TokenHolder } from '../../../server/access/tokens.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import type {
  AccessTokenId,
  AccountId,
  RefreshTokenId,
  RobotId,
  RobotSecretId,
} from '../../../storage/metadata/identities.ts'
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

  test.each<[string, TokenHolder, object]>([
    ['anonymous, nobody', { kind: 'anonymous' }, {}],
    ['a password, the account', userHolder(undefined), { account: 7, credentials: 3 }],
    [
      'an access token, that too',
      userHolder({ kind: 'access-token', id: 11 as AccessTokenId }),
      { account: 7, credentials: 3, token: 11 },
    ],
    [
      'a refresh token, that too',
      userHolder({ kind: 'refresh-token', id: 12 as RefreshTokenId }),
      { account: 7, credentials: 3, refresh: 12 },
    ],
    [
      'a robot, the very secret',
      { kind: 'robot', id: 8 as RobotId, secretId: 13 as RobotSecretId },
      { robot: 8, secret: 13 },
    ],
  ])('names what it rests on: for %s (I7)', (_, holder, expected) => {
    const { token } = access.tokens.issue({ holder, subject: 'whoever', access: [], keepsCatalog: false, service: 'x' })
    const { account, credentials, token: accessToken, refresh, robot, secret, sub } = decodePart(token, 1)
    const claims = { account, credentials, token: accessToken, refresh, robot, secret }
    expect(JSON.parse(JSON.stringify(claims))).toEqual(expected)
    expect(sub).toBe('whoever')
    expect(access.tokens.verify(token)).toMatchObject({ holder, access: [], keepsCatalog: false })
  })

  test('is understood again, the first time and when it is remembered', () => {
    const token = forger.issue()
    const claims = access.tokens.verify(token)
    expect(claims).toEqual({
      holder: { kind: 'user', id: alice.id, credentialsVersion: 1, through: undefined },
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
      holder: { kind: 'user', id: alice.id, credentialsVersion: 1, through: undefined },
      subject: 'a'.repeat(128),
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

describe('what a token keeps is what it carries', () => {
  const other = parseRepositoryName('alice/other')

  test('these actions, on these repositories', () => {
    const kept = (...actions: ('pull' | 'push' | 'delete')[]) => {
      const { keeps } = narrowingOf({ access: [{ name: APP, actions }], keepsCatalog: false })
      for (const permission of PERMISSIONS) expect(keeps(permission, { asked: other, name: other })).toBe(false)
      return PERMISSIONS.filter((permission) => keeps(permission, { asked: APP, name: APP }))
    }
    expect(kept()).toEqual([])
    expect(kept('pull')).toEqual(['pull'])
    expect(kept('pull', 'push')).toEqual(['pull', 'push'])
    expect(kept('delete')).toEqual(['maintain'])
    expect(kept('pull', 'push', 'delete')).toEqual(['pull', 'push', 'maintain'])
    expect(narrowingOf({ access: [], keepsCatalog: true }).keepsCatalog).toBe(true)
  })

  test('also of a repository that has another name since, by the name it was asked for and by its present one', () => {
    const { keeps } = narrowingOf({ access: [{ name: APP, actions: ['pull'] }], keepsCatalog: false })
    expect(keeps('pull', { asked: APP, name: other })).toBe(true)
    expect(keeps('pull', { asked: other, name: APP })).toBe(true)
    expect(keeps('push', { asked: APP, name: other })).toBe(false)
  })
})

function userHolder(through: (TokenHolder & { readonly kind: 'user' })['through']): TokenHolder {
  return { kind: 'user', id: 7 as AccountId, credentialsVersion: 3, through }
}
