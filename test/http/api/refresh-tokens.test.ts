import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, openTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let time: number

beforeAll(async () => {
  time = Date.now()
  server = await openTestServer({ overrides: { now: () => time } })
})
afterAll(() => server.close())

/** What `docker login` does: asks for a token and for one to keep. */
async function dockerLogin(client: Client): Promise<string> {
  const { body } = await client.get('/token').query({ service: 'test', offline_token: 'true' }).expect(200)
  return body.refresh_token
}

function refresh(refreshToken: string) {
  return server.anonymous
    .post('/token')
    .type('form')
    .send({ grant_type: 'refresh_token', service: 'test', client_id: 'test', refresh_token: refreshToken })
}

test('one sees where one is logged in, the newest first, and never a token', async () => {
  const alice = await server.createUser('alice')
  await dockerLogin(alice)
  time += 1000
  const refreshToken = await dockerLogin(alice)
  const { body } = await alice.get('/api/v1/user/refresh-tokens').expect(200)
  expect(body.items).toHaveLength(2)
  expect(body.items[0]).toEqual({
    id: expect.any(Number),
    createdAt: new Date(time).toISOString(),
    createdFrom: '127.0.0.1',
    lastUsedAt: null,
    lastUsedFrom: null,
  })
  expect(body.items[0].id).toBeGreaterThan(body.items[1].id)
  expect(JSON.stringify(body)).not.toContain(refreshToken)
  const first = await alice.get('/api/v1/user/refresh-tokens').query({ limit: 1 }).expect(200)
  const second = await alice.get('/api/v1/user/refresh-tokens').query({ limit: 1, after: first.body.next }).expect(200)
  expect([...first.body.items, ...second.body.items]).toEqual(body.items)
})

test('one sees at once that a machine fetched a token', async () => {
  const bob = await server.createUser('bob')
  const refreshToken = await dockerLogin(bob)
  time += 1000
  await refresh(refreshToken).expect(200)
  const { body } = await bob.get('/api/v1/user/refresh-tokens').expect(200)
  expect(body.items[0]).toMatchObject({ lastUsedAt: new Date(time).toISOString(), lastUsedFrom: '127.0.0.1' })
})

test('deleting one logs that machine out and no other', async () => {
  const carol = await server.createUser('carol')
  const [kept, deleted] = [await dockerLogin(carol), await dockerLogin(carol)]
  const { body } = await carol.get('/api/v1/user/refresh-tokens').expect(200)
  await carol.delete(`/api/v1/user/refresh-tokens/${body.items[0].id}`).expect(204)
  await refresh(deleted).expect(401)
  await refresh(kept).expect(200)
  await carol.delete(`/api/v1/user/refresh-tokens/${body.items[0].id}`).expect(404)
})

test('S19: one’s own are nobody else’s to delete', async () => {
  const dave = await server.createUser('dave')
  const erin = await server.createUser('erin')
  const refreshToken = await dockerLogin(dave)
  const { body } = await dave.get('/api/v1/user/refresh-tokens').expect(200)
  await erin.delete(`/api/v1/user/refresh-tokens/${body.items[0].id}`).expect(404)
  await server.admin.delete(`/api/v1/user/refresh-tokens/${body.items[0].id}`).expect(404)
  await refresh(refreshToken).expect(200)
  await dave.delete('/api/v1/user/refresh-tokens/zero').expect(404)
})

test('a change of the password leaves none of them (S52)', async () => {
  const frank = await server.createUser('frank')
  const refreshToken = await dockerLogin(frank)
  await server.admin.patch('/api/v1/users/frank').send({ password: 'a new password' }).expect(200)
  await refresh(refreshToken).expect(401)
})

test('a narrowed credential cannot look at them', async () => {
  const gina = await server.createUser('gina')
  await server
    .as(await server.token(gina))
    .get('/api/v1/user/refresh-tokens')
    .expect(403)
  await server.anonymous.get('/api/v1/user/refresh-tokens').expect(401)
})
