import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let server: TestServer
let time: number
let alice: Client
let bob: Client

beforeAll(async () => {
  time = Date.now()
  server = await openTestServer({ overrides: { now: () => time } })
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
  await pushImage(alice, 'alice/app', { tag: 'v1' })
  await pushImage(bob, 'bob/open', { tag: 'v1' })
  await bob.patch('/api/v1/repositories/bob%2Fopen').send({ visibility: 'public' }).expect(200)
})
afterAll(() => server.close())

function create(client: Client, fields: object) {
  return client.post('/api/v1/user/tokens').send({ name: 'test', ...fields })
}

function inDays(days: number): string {
  return new Date(time + days * DAY_MS).toISOString()
}

describe('creating an access token', () => {
  test('shows it once: afterwards nobody can read it, not even its owner', async () => {
    const { body } = await create(alice, { name: ' laptop ' }).expect(201)
    expect(body).toEqual({
      id: expect.any(Number),
      name: 'laptop',
      scopes: null,
      createdAt: new Date(time).toISOString(),
      expiresAt: null,
      lastUsedAt: null,
      lastUsedFrom: null,
      token: expect.stringMatching(/^kontor_pat_[0-9A-Za-z]{46}$/),
    })
    const { token, ...rest } = body
    const one = await alice.get(`/api/v1/user/tokens/${body.id}`).expect(200)
    expect(one.body).toEqual(rest)
    const list = await alice.get('/api/v1/user/tokens').expect(200)
    expect(JSON.stringify(list.body)).not.toContain(token)
  })

  test('without scopes gives all rights: it logs in, pushes, and makes further tokens', async () => {
    const { body } = await create(alice, {}).expect(201)
    for (const authorization of [`Bearer ${body.token}`, basic('alice', body.token)]) {
      const client = server.as(authorization)
      await create(client, {}).expect(201)
      await pushImage(client, 'alice/by-token', { tag: 'v1' })
    }
  })

  test('with scopes gives those and nothing that administers', async () => {
    const { body } = await create(alice, { scopes: [{ repositories: 'alice/*', permission: 'pull' }] }).expect(201)
    const client = server.as(basic('alice', body.token))
    await client.get('/v2/alice/app/manifests/v1').expect(200)
    await client.post('/v2/alice/app/blobs/uploads/').expect(401)
    for (const path of ['/api/v1/user/tokens', `/api/v1/user/tokens/${body.id}`, '/api/v1/users/alice']) {
      const refused = await client.get(path).expect(403)
      expect(refused.body.title).toBe('DENIED')
    }
    await create(client, {}).expect(403)
  })

  test('ends by its expiry', async () => {
    const { body } = await create(alice, { expiresAt: inDays(1) }).expect(201)
    expect(body.expiresAt).toBe(inDays(1))
    const client = server.as(basic('alice', body.token))
    await client.get('/api/v1/user').expect(200)
    const before = time
    time += DAY_MS
    const { body: problem } = await client.get('/api/v1/user').expect(401)
    expect(problem.detail).toContain('expired')
    time = before
  })

  test('keeps the highest of the permissions on the same repositories', async () => {
    const scopes = [
      { repositories: 'alice/*', permission: 'push' },
      { repositories: 'alice/*', permission: 'maintain' },
      { repositories: 'alice/*', permission: 'pull' },
    ]
    const { body } = await create(alice, { scopes }).expect(201)
    expect(body.scopes).toEqual([{ repositories: 'alice/*', permission: 'maintain' }])
  })

  test.each([
    ['one’s own, there or not', [{ repositories: 'alice/absent', permission: 'admin' }], 201],
    ['what is public', [{ repositories: 'bob/open', permission: 'pull' }], 201],
    ['a pattern, however wide: it counts when it is used', [{ repositories: '**', permission: 'admin' }], 201],
    ['more than others allow', [{ repositories: 'bob/open', permission: 'push' }], 422],
    ['what is private', [{ repositories: 'bob/private', permission: 'pull' }], 422],
    ['official images', [{ repositories: 'nginx', permission: 'push' }], 422],
  ])('for %s', async (_, scopes, status) => {
    await create(alice, { scopes }).expect(status)
  })

  test('names the scope that exceeds its owner’s rights', async () => {
    const scopes = [
      { repositories: 'alice/app', permission: 'push' },
      { repositories: 'bob/open', permission: 'push' },
    ]
    const { body } = await create(alice, { scopes }).expect(422)
    expect(body).toMatchObject({ title: 'SCOPE_EXCEEDS_RIGHTS', repositories: 'bob/open', permission: 'push' })
    expect(body.detail).toContain('push on bob/open')
  })

  test('S26: a private repository of another’s and an absent one are refused alike', async () => {
    await pushImage(bob, 'bob/hidden', { tag: 'v1' })
    const refusal = async (repositories: string) => {
      const { body } = await create(alice, { scopes: [{ repositories, permission: 'pull' }] }).expect(422)
      return JSON.stringify({ ...body, requestId: '' }).replaceAll(repositories, 'NAME')
    }
    expect(await refusal('bob/hidden')).toBe(await refusal('bob/absent'))
  })

  test.each([
    ['in the past', -1],
    ['now', 0],
    ['in more than ten years', 3651],
  ])('refuses an expiry %s', async (_, days) => {
    const { body } = await create(alice, { expiresAt: inDays(days) }).expect(422)
    expect(body.title).toBe('EXPIRY_INVALID')
  })

  test.each([
    { name: '' },
    { name: 'x'.repeat(101) },
    { scopes: [] },
    { scopes: [{ repositories: 'web-*', permission: 'pull' }] },
    { scopes: [{ repositories: 'alice/app', permission: 'everything' }] },
    { scopes: [{ repositories: 'alice/app', permission: 'pull', admin: true }] },
    { scopes: Array.from({ length: 51 }, (_, index) => ({ repositories: `alice/${index}`, permission: 'pull' })) },
    { expiresAt: 'tomorrow' },
    { userId: 1 },
  ])('S18: refuses %j', async (fields) => {
    const { body } = await create(alice, fields).expect(400)
    expect(body.title).toBe('BODY_INVALID')
  })

  test('is refused beyond 200 of them', async () => {
    const carol = await server.createUser('carol')
    for (let count = 0; count < 200; count++) await create(carol, {}).expect(201)
    const { body } = await create(carol, {}).expect(409)
    expect(body.title).toBe('TOO_MANY_TOKENS')
    const { body: list } = await carol.get('/api/v1/user/tokens').query({ limit: 1 }).expect(200)
    await carol.delete(`/api/v1/user/tokens/${list.items[0].id}`).expect(204)
    await create(carol, {}).expect(201)
  })
})

describe('an access token that is there', () => {
  test('tells when and from where it was used last, at once', async () => {
    const { body } = await create(alice, {}).expect(201)
    await server.as(`Bearer ${body.token}`).get('/api/v1/user').expect(200)
    const { body: shown } = await alice.get(`/api/v1/user/tokens/${body.id}`).expect(200)
    expect(shown).toMatchObject({ lastUsedAt: new Date(time).toISOString(), lastUsedFrom: '127.0.0.1' })
  })

  test('ends with its deletion, together with the bearer tokens made with it', async () => {
    const { body } = await create(alice, {}).expect(201)
    const client = server.as(basic('alice', body.token))
    const jwt = server.as(await server.token(client, 'repository:alice/app:pull'))
    await jwt.get('/v2/alice/app/manifests/v1').expect(200)
    await alice.delete(`/api/v1/user/tokens/${body.id}`).expect(204)
    await client.get('/api/v1/user').expect(401)
    await jwt.get('/v2/alice/app/manifests/v1').expect(401)
    await alice.delete(`/api/v1/user/tokens/${body.id}`).expect(404)
  })

  test('S19: is nobody else’s, not even an administrator’s', async () => {
    const { body } = await create(alice, {}).expect(201)
    for (const client of [bob, server.admin]) {
      await client.get(`/api/v1/user/tokens/${body.id}`).expect(404)
      await client.delete(`/api/v1/user/tokens/${body.id}`).expect(404)
    }
    await server.as(`Bearer ${body.token}`).get('/api/v1/user').expect(200)
  })

  test.each(['0', '-1', '1.5', '1e3', 'x', '%31x', '99999999999999999999'])('is not found as %s', async (id) => {
    await alice.get(`/api/v1/user/tokens/${id}`).expect(404)
    await alice.delete(`/api/v1/user/tokens/${id}`).expect(404)
  })
})
