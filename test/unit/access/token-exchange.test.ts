import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseScopes } from '../../../oci/scope.ts'
import { ANONYMOUS, type Credential } from '../../../server/access/credential.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { idOf, ORIGIN, put } from '../../contract/metadata/sample-content.ts'
import { basic, DAY_MS, LIFETIME_SECONDS, type OpenAccess, openAccess } from './open-access.ts'

const ALICE = basic('alice', 'password of alice')

let access: OpenAccess
let alice: Account

beforeEach(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
  for (const name of ['alice/private', 'bob/private', 'bob/public']) {
    const repository = parseRepositoryName(name)
    await put(access.store, 'image', { repository })
    if (name.endsWith('public')) {
      await access.store.repositories.setVisibility(await idOf(access.store, repository), 'public', ORIGIN)
    }
  }
})

afterEach(() => access.close())

function grant(credential: Credential, scopes: readonly string[], offline = false) {
  return access.exchange.grant({ credential, scopes: parseScopes(scopes), service: 'registry.example', offline })
}

/** What a token for some scopes carries: `<name>:<actions>`, and `catalog`. */
async function carried(credential: Credential, ...scopes: string[]): Promise<readonly string[]> {
  const claims = access.tokens.verify((await grant(credential, scopes)).token)
  if (claims === undefined) throw new Error('the token that was just issued is not taken')
  const repositories = claims.access.map(({ name, actions }) => `${name}:${actions.join(',')}`)
  return claims.keepsCatalog ? [...repositories, 'catalog'] : repositories
}

describe('a token carries what was asked for and may be done, and not a word of the rest (S02, TOK-6)', () => {
  test.each([
    ['nothing', [], []],
    ['one’s own', ['repository:alice/private:pull,push'], ['alice/private:pull,push']],
    ['everything of one’s own', ['repository:alice/private:*'], ['alice/private:pull,push,delete']],
    ['one’s own that is not there yet', ['repository:alice/new:pull,push'], ['alice/new:pull,push']],
    ['what is private to another', ['repository:bob/private:pull,push,delete'], []],
    ['what is not there and not one’s own', ['repository:bob/absent:pull'], []],
    ['what is public', ['repository:bob/public:pull,push,delete'], ['bob/public:pull']],
    [
      'several at once',
      ['repository:alice/private:push', 'repository:bob/private:pull', 'repository:bob/public:pull,push'],
      ['alice/private:push', 'bob/public:pull'],
    ],
    ['lists', ['registry:catalog:*'], ['catalog']],
  ])('asked for %s', async (_, scopes, expected) => {
    expect(await carried(await access.credentialFor(ALICE), ...scopes)).toEqual(expected)
  })

  test('by anonymous', async () => {
    expect(
      await carried(ANONYMOUS, 'repository:alice/private:*', 'repository:bob/public:*', 'registry:catalog:*'),
    ).toEqual(['bob/public:pull', 'catalog'])
  })

  test('by an auditor', async () => {
    await access.createUser('audrey', 'auditor')
    const auditor = await access.credentialFor(basic('audrey', 'password of audrey'))
    expect(await carried(auditor, 'repository:alice/private:*', 'repository:bob/public:*')).toEqual([
      'alice/private:pull',
      'bob/public:pull',
    ])
  })
})

test('says for how long it is good, and since when', async () => {
  const granted = await grant(await access.credentialFor(ALICE), [])
  expect(granted).toMatchObject({
    expiresInSeconds: LIFETIME_SECONDS,
    issuedAt: access.clock.now(),
    refreshToken: undefined,
  })
})

test('a token exchanged for another is never worth more than the first (S02)', async () => {
  const all = [
    'repository:alice/private:*',
    'repository:alice/other:*',
    'repository:bob/public:*',
    'registry:catalog:*',
  ]
  for (const [first, expected] of [
    [[], ['bob/public:pull']],
    [['repository:alice/private:pull'], ['alice/private:pull', 'bob/public:pull']],
    [['repository:alice/private:push'], ['alice/private:push', 'bob/public:pull']],
    [['registry:catalog:*'], ['bob/public:pull', 'catalog']],
  ] as const) {
    const narrowed = await access.credentialFor(await access.bearerFor(ALICE, ...first))
    expect(await carried(narrowed, ...all)).toEqual(expected)
  }
})

describe('a refresh token', () => {
  /** The refresh token of a login. */
  async function logIn(header = ALICE): Promise<string> {
    const { refreshToken } = await grant(await access.credentialFor(header), [], true)
    if (refreshToken === undefined) throw new Error('there is no refresh token')
    return refreshToken
  }

  test('stands for its user with all their rights, and works for years (RESP-4)', async () => {
    const refreshToken = await logIn()
    access.clock.advance(3 * 365 * DAY_MS)
    for (let use = 0; use < 3; use++) {
      expect(await access.exchange.findRefreshed(refreshToken)).toEqual({
        subject: { kind: 'user', account: alice },
        narrowing: undefined,
        proof: 'refresh-token',
        exchangedFor: undefined,
      })
    }
  })

  test('is long, recognisable, never the same twice, and not kept', async () => {
    const [one, other] = [await logIn(), await logIn()]
    expect(one).toMatch(/^kontor_rt_[A-Za-z0-9_-]{43}$/)
    expect(one).not.toBe(other)
    expect(await access.store.refreshTokens.find(Buffer.from(one))).toBeUndefined()
    expect(await access.exchange.findRefreshed(other)).toBeDefined()
  })

  test.each(['', 'kontor_rt_', 'kontor_rt_unknown', 'x'.repeat(100_000), '\0', "' OR 1=1 --"])(
    'that was not handed out stands for nobody: "%s"',
    async (text) => {
      await logIn()
      expect(await access.exchange.findRefreshed(text)).toBeUndefined()
    },
  )

  test('ends with a new password (S52)', async () => {
    const refreshToken = await logIn()
    await access.store.accounts.update(alice.id, { displayName: 'Alice' }, ORIGIN)
    expect(await access.exchange.findRefreshed(refreshToken)).toBeDefined()
    await access.store.accounts.update(alice.id, { passwordHash: await access.passwords.hash('new') }, ORIGIN)
    expect(await access.exchange.findRefreshed(refreshToken)).toBeUndefined()
    expect(await access.exchange.findRefreshed(await logIn(basic('alice', 'new')))).toBeDefined()
    expect(await access.exchange.findRefreshed(refreshToken)).toBeUndefined()
  })

  test('rests while its account is disabled', async () => {
    const refreshToken = await logIn()
    await access.store.accounts.update(alice.id, { disabled: true }, ORIGIN)
    expect(await access.exchange.findRefreshed(refreshToken)).toBeUndefined()
  })

  test('shows its user as they are now', async () => {
    const refreshToken = await logIn()
    await access.store.accounts.update(alice.id, { role: 'auditor' }, ORIGIN)
    expect(await access.exchange.findRefreshed(refreshToken)).toMatchObject({
      subject: { account: { role: 'auditor' } },
    })
  })

  test('is only for whoever asks for one', async () => {
    expect((await grant(await access.credentialFor(ALICE), [], false)).refreshToken).toBeUndefined()
  })

  test('is not for anonymous', async () => {
    expect((await grant(ANONYMOUS, [], true)).refreshToken).toBeUndefined()
  })

  test('is not for whoever has only a token: it would outlive and outreach that (S02)', async () => {
    const narrowed = await access.credentialFor(await access.bearerFor(ALICE, 'repository:alice/private:pull'))
    expect((await grant(narrowed, [], true)).refreshToken).toBeUndefined()
  })

  test('does not breed others', async () => {
    const refreshed = await access.exchange.findRefreshed(await logIn())
    if (refreshed === undefined) throw new Error('the refresh token is not taken')
    expect((await grant(refreshed, [], true)).refreshToken).toBeUndefined()
  })

  test('is not handed out where the administrator does not want that', async () => {
    const strict = await openAccess({ handsOutRefreshTokens: false })
    await strict.createUser('alice')
    const credential = await strict.credentialFor(ALICE)
    const granted = await strict.exchange.grant({ credential, scopes: [], service: 'x', offline: true })
    expect(granted.refreshToken).toBeUndefined()
    await strict.close()
  })
})
