import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, openTestServer, type TestServer } from '../../support/server.ts'
import { accessTokenOf } from './own-access.ts'

let server: TestServer
let alice: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
})
afterAll(() => server.close())

describe('/user', () => {
  test('tells a user who logged in by password', async () => {
    const { body } = await alice.get('/api/v1/user').expect(200)
    expect(body).toEqual({
      kind: 'user',
      username: 'alice',
      displayName: null,
      email: null,
      role: 'none',
      credential: 'password',
      narrowed: false,
      scopes: null,
      tokenId: null,
      expiresAt: null,
    })
  })

  test('tells what an access token is for', async () => {
    const scopes = [{ repositories: 'alice/**', permission: 'pull' }]
    const { body: narrow } = await alice.post('/api/v1/user/tokens').send({ name: 'narrow', scopes }).expect(201)
    const asNarrow = await server.as(basic('alice', narrow.token)).get('/api/v1/user').expect(200)
    expect(asNarrow.body).toMatchObject({ username: 'alice', credential: 'access-token', narrowed: true, scopes })
    const asWhole = await server
      .as(await accessTokenOf(alice))
      .get('/api/v1/user')
      .expect(200)
    expect(asWhole.body).toMatchObject({ credential: 'access-token', narrowed: false, scopes: null })
  })

  test('tells which access token it is, and when it ends', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const { body: token } = await alice.post('/api/v1/user/tokens').send({ name: 'brief', expiresAt }).expect(201)
    const { body } = await server.as(basic('alice', token.token)).get('/api/v1/user').expect(200)
    expect(body).toMatchObject({ tokenId: token.id, expiresAt })
  })

  test('tells that a bearer token is narrowed, and by what it is backed', async () => {
    const jwt = await server.token(alice, 'repository:alice/app:pull')
    const { body } = await server.as(jwt).get('/api/v1/user').expect(200)
    expect(body).toMatchObject({
      username: 'alice',
      credential: 'bearer-token',
      narrowed: true,
      scopes: null,
      tokenId: null,
    })
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now())
  })

  test('tells a robot by the name it logs in with', async () => {
    await alice.post('/api/v1/organizations').send({ name: 'robotics' }).expect(201)
    const scopes = [{ repositories: 'robotics/**', permission: 'push' }]
    const { body: robot } = await alice
      .post('/api/v1/organizations/robotics/robots')
      .send({ name: 'ci', scopes })
      .expect(201)
    const { body } = await server.as(basic(robot.username, robot.secret)).get('/api/v1/user').expect(200)
    expect(body).toMatchObject({ kind: 'robot', username: 'robotics+ci', role: 'none', credential: 'robot-secret' })
  })

  test('asks a stranger to log in', async () => {
    const { body } = await server.anonymous.get('/api/v1/user').expect(401)
    expect(body).toMatchObject({ title: 'UNAUTHORIZED', status: 401 })
  })
})
