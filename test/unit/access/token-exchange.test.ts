import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ANONYMOUS, type Credential, subjectName } from '../../../server/access/credential.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { createOrganization } from '../../contract/metadata/sample-content.ts'
import { decodePart } from './forge-token.ts'
import { basic, bearer, LIFETIME_SECONDS, type OpenAccess, openAccess } from './open-access.ts'
import { createAccessToken, createRepository, createRobot, type ScopeText } from './sample-rights.ts'

const ALICE = basic('alice', 'password of alice')

let access: OpenAccess
let alice: Account

beforeEach(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
  for (const name of ['alice/private', 'bob/private']) await createRepository(access.store, name)
  await createRepository(access.store, 'bob/public', 'public')
})

afterEach(() => access.close())

/** What a token for some scopes carries: `<name>:<actions>`, and `catalog`. */
async function carried(credential: Credential, ...scopes: string[]): Promise<readonly string[]> {
  const claims = access.tokens.verify((await access.grant(credential, scopes)).token)
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
  const granted = await access.grant(await access.credentialFor(ALICE), [])
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

const OF_ALICE = ['repository:alice/private:*', 'repository:alice/new:*', 'repository:alice/other:*']

describe('a token for an access token carries what both its scopes and its owner allow (S02)', () => {
  test.each<[ScopeText[], string[]]>([
    [['alice/private: pull'], ['alice/private:pull']],
    [
      ['alice/private: push', 'alice/n*: pull'],
      ['alice/private:pull,push', 'alice/new:pull'],
    ],
    [
      ['alice/**: admin'],
      ['alice/private:pull,push,delete', 'alice/new:pull,push,delete', 'alice/other:pull,push,delete'],
    ],
    [['bob/**: admin'], []],
    [
      ['**: push', 'bob/private: admin'],
      ['alice/private:pull,push', 'alice/new:pull,push', 'alice/other:pull,push'],
    ],
    [[], []],
  ])('with the scopes %j', async (scopes, expected) => {
    const { text } = await createAccessToken(access.store, alice, scopes)
    const asked = [...OF_ALICE, 'repository:bob/private:*', 'repository:bob/public:*', 'registry:catalog:*']
    for (const header of [basic('alice', text), bearer(text)]) {
      const credential = await access.credentialFor(header)
      expect(await carried(credential, ...asked)).toEqual([...expected, 'bob/public:pull', 'catalog'])
    }
  })

  test('and what it carries is worth no more when it comes back', async () => {
    const { text } = await createAccessToken(access.store, alice, ['alice/private: pull'])
    const token = await access.credentialFor(await access.bearerFor(bearer(text), ...OF_ALICE))
    expect(await carried(token, ...OF_ALICE)).toEqual(['alice/private:pull'])
    expect(await carried(token.exchangedFor ?? ANONYMOUS, ...OF_ALICE)).toEqual(['alice/private:pull'])
  })
})

test('a token for a robot carries what was granted to the robot, and what is public (S02)', async () => {
  const acme = await createOrganization(access.store, 'acme')
  const { secret } = await createRobot(access.store, acme, 'ci', ['web-*: push', 'base: maintain'])
  const asked = ['acme/web-api', 'acme/base', 'acme/api', 'alice/private', 'bob/public'].map(
    (name) => `repository:${name}:*`,
  )
  for (const header of [basic('acme+ci', secret), bearer(secret)]) {
    expect(await carried(await access.credentialFor(header), ...asked)).toEqual([
      'acme/web-api:pull,push',
      'acme/base:pull,push,delete',
      'bob/public:pull',
    ])
  }
})

test('a token names its holder by the name of now, and by the very secret that it rests on (I7)', async () => {
  const acme = await createOrganization(access.store, 'acme')
  const { robot, secret, secretId } = await createRobot(access.store, acme, 'ci', [])
  const { token, text } = await createAccessToken(access.store, alice)
  const user = { kind: 'user', id: alice.id, credentialsVersion: alice.credentialsVersion }
  for (const [header, name, holder] of [
    [ALICE, 'alice', { ...user, through: undefined }],
    [bearer(text), 'alice', { ...user, through: { kind: 'access-token', id: token.id } }],
    [bearer(secret), 'acme+ci', { kind: 'robot', id: robot.id, secretId }],
  ] as const) {
    const credential = await access.credentialFor(header)
    expect(subjectName(credential.subject)).toBe(name)
    const issued = (await access.grant(credential, [])).token
    expect(access.tokens.verify(issued)?.holder).toEqual(holder)
    expect(decodePart(issued, 1)['sub']).toBe(name)
    // What was exchanged again rests on the same.
    const again = (await access.grant(await access.credentialFor(bearer(issued)), [])).token
    expect(access.tokens.verify(again)?.holder).toEqual(holder)
  }
  const anonymous = (await access.grant(ANONYMOUS, [])).token
  expect(access.tokens.verify(anonymous)?.holder).toEqual({ kind: 'anonymous' })
})
