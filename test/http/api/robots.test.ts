import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const ORGANIZATION = '/api/v1/organizations/acme'
const ROBOTS = `${ORGANIZATION}/robots`
const HOUR_MS = 3_600_000

let server: TestServer
let time: number
let alice: Client
let manager: Client
let member: Client

beforeAll(async () => {
  time = Date.now()
  server = await openTestServer({ overrides: { now: () => time } })
  alice = await server.createUser('alice')
  manager = await server.createUser('manager')
  member = await server.createUser('member')
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await alice.post('/api/v1/organizations').send({ name: 'other' }).expect(201)
  for (const role of ['manager', 'member']) {
    await alice.put(`${ORGANIZATION}/members/${role}`).send({ role }).expect(201)
  }
  await pushImage(alice, 'acme/web', { tag: 'v1' })
})
afterAll(() => server.close())

const PUSH_WEB = [{ repositories: 'acme/web*', permission: 'push' }]

async function createRobot(name: string, fields: object = {}) {
  const { body } = await manager
    .post(ROBOTS)
    .send({ name, scopes: PUSH_WEB, ...fields })
    .expect(201)
  return { path: `${ROBOTS}/${name}`, secret: body.secret as string, client: robot(name, body.secret) }
}

function robot(name: string, secret: string): Client {
  return server.as(basic(`acme+${name}`, secret))
}

const pull = (client: Client) => client.get('/v2/acme/web/manifests/v1')

describe('a new robot', () => {
  test('shows its secret once, and works within its scopes', async () => {
    const { body } = await manager.post(ROBOTS).send({ name: 'ci', scopes: PUSH_WEB }).expect(201)
    const { secret, ...shown } = body
    expect(secret).toMatch(/^kontor_robot_[0-9A-Za-z]{46}$/)
    expect(shown).toEqual({
      username: 'acme+ci',
      name: 'ci',
      scopes: PUSH_WEB,
      expiresAt: null,
      disabled: false,
      createdAt: expect.stringMatching(/Z$/),
      secrets: [{ id: expect.any(Number), createdAt: shown.createdAt, lastUsedAt: null, lastUsedFrom: null }],
    })
    expect((await manager.get(`${ROBOTS}/ci`).expect(200)).body).toEqual(shown)
    await pushImage(robot('ci', secret), 'acme/web-shop', { tag: 'v1' })
    await robot('ci', secret).get('/v2/acme/api/tags/list').expect(401)
  })

  test.each([
    [{ name: 'No Name' }, 400],
    [{ scopes: [] }, 400],
    [
      { scopes: Array.from({ length: 51 }, (_, index) => ({ repositories: `acme/r${index}`, permission: 'pull' })) },
      400,
    ],
    [{ scopes: [{ repositories: 'acme/web', permission: 'owner' }] }, 400],
    [{ secret: 'chosen' }, 400],
    [{ expiresAt: 'tomorrow' }, 400],
    [{ expiresAt: '2001-01-01T00:00:00Z' }, 422],
    [{ scopes: [...PUSH_WEB, { repositories: 'other/web', permission: 'pull' }] }, 422],
    [{ scopes: [{ repositories: '**', permission: 'pull' }] }, 422],
  ])('is refused with %j: %i', async (fields, status) => {
    await manager
      .post(ROBOTS)
      .send({ name: 'refused', scopes: PUSH_WEB, ...fields })
      .expect(status)
    await manager.get(`${ROBOTS}/refused`).expect(404)
  })

  test('needs a name that no other robot of the organization has', async () => {
    await createRobot('unique')
    const { body } = await manager.post(ROBOTS).send({ name: 'unique', scopes: PUSH_WEB }).expect(409)
    expect(body.title).toBe('NAME_TAKEN')
    const scopes = [{ repositories: 'other/web', permission: 'pull' }]
    await alice.post('/api/v1/organizations/other/robots').send({ name: 'unique', scopes }).expect(201)
  })
})

describe('robots', () => {
  test('are seen and changed by those who manage the organization', async () => {
    const { path } = await createRobot('inspected')
    const listed = await manager.get(ROBOTS).expect(200)
    const found = listed.body.items.find(({ name }: { name: string }) => name === 'inspected')
    expect(found).toMatchObject({ username: 'acme+inspected', disabled: false, expiresAt: null })
    for (const refused of [
      member.get(ROBOTS),
      member.get(path),
      member.get(`${path}/secrets`),
      member.post(ROBOTS).send({ name: 'mine', scopes: PUSH_WEB }),
      member.post(`${path}/secrets`),
      member.patch(path).send({ disabled: true }),
      member.delete(path),
    ]) {
      await refused.expect(403)
    }
  })

  test('do not administer robots themselves', async () => {
    const { client, path } = await createRobot('ambitious')
    await client.get(path).expect(403)
    await client.post(`${path}/secrets`).expect(403)
  })

  test('can be disabled and enabled, with effect on the next request', async () => {
    const { path, client } = await createRobot('switched')
    const token = server.as(await server.token(client, 'repository:acme/web:pull'))
    await pull(token).expect(200)
    expect((await manager.patch(path).send({ disabled: true }).expect(200)).body.disabled).toBe(true)
    await pull(client).expect(401)
    await pull(token).expect(401)
    await manager.patch(path).send({ disabled: false }).expect(200)
    await pull(client).expect(200)
  })

  test('expire, and are given more time', async () => {
    const expiresAt = new Date(time + HOUR_MS).toISOString()
    const { path, client } = await createRobot('short-lived', { expiresAt })
    expect((await manager.get(path).expect(200)).body.expiresAt).toBe(expiresAt)
    await pull(client).expect(200)
    time += 2 * HOUR_MS
    await pull(client).expect(401)
    await manager.patch(path).send({ expiresAt }).expect(422)
    expect((await manager.patch(path).send({ expiresAt: null }).expect(200)).body.expiresAt).toBeNull()
    await pull(client).expect(200)
  })

  test('are not changed by whoever has not seen the last change', async () => {
    const { path } = await createRobot('contended')
    const etag = (await manager.get(path).expect(200)).headers['etag'] ?? ''
    await manager.patch(path).set('If-Match', etag).send({ disabled: true }).expect(200)
    await manager.patch(path).set('If-Match', etag).send({ disabled: false }).expect(412)
    await manager.patch(path).send({ name: 'renamed' }).expect(400)
  })

  test('show the scopes that they have now, which are their grants', async () => {
    const { path, client } = await createRobot('regranted')
    const { body } = await manager.get(`${ORGANIZATION}/grants`).query({ robot: 'regranted' }).expect(200)
    expect(body.items).toHaveLength(1)
    await manager.delete(`${ORGANIZATION}/grants/${body.items[0].id}`).expect(204)
    expect((await manager.get(path).expect(200)).body.scopes).toEqual([])
    await pull(client).expect(401)
  })

  test('are gone with their secrets once deleted', async () => {
    const { path, client } = await createRobot('brief')
    await manager.delete(path).expect(204)
    await manager.delete(path).expect(404)
    await pull(client).expect(401)
  })
})

describe('secrets', () => {
  test('come in twos, so that one is replaced while the other works', async () => {
    const { path, client } = await createRobot('rotated')
    const second = await manager.post(`${path}/secrets`).expect(201)
    expect(second.body).toEqual({
      id: expect.any(Number),
      secret: expect.stringMatching(/^kontor_robot_/),
      createdAt: expect.stringMatching(/Z$/),
    })
    const listed = await manager.get(`${path}/secrets`).expect(200)
    const [first] = listed.body.items
    expect(listed.body.items.map(({ id }: { id: number }) => id)).toEqual([first.id, second.body.id])
    expect(JSON.stringify(listed.body)).not.toContain('kontor_robot_')

    await pull(client).expect(200)
    await pull(robot('rotated', second.body.secret)).expect(200)
    const token = server.as(await server.token(client, 'repository:acme/web:pull'))
    await pull(token).expect(200)

    await manager.delete(`${path}/secrets/${first.id}`).expect(204)
    await pull(client).expect(401)
    await pull(token).expect(401)
    await pull(robot('rotated', second.body.secret)).expect(200)
    await manager.delete(`${path}/secrets/${first.id}`).expect(404)
  })

  test('are two at most; the refusal helps to choose the one to delete', async () => {
    const { path, client } = await createRobot('full')
    await pull(client).expect(200)
    const { body: second } = await manager.post(`${path}/secrets`).expect(201)
    const { body } = await manager.post(`${path}/secrets`).expect(409)
    expect(body.title).toBe('TOO_MANY_SECRETS')
    expect(body.detail).toContain('used last at ')
    expect(body.detail).toContain(`${second.id} (never used)`)
  })

  test('tell when and from where they were used last', async () => {
    const { path, client } = await createRobot('watched')
    await pull(client).expect(200)
    const { body } = await manager.get(path).expect(200)
    expect(body.secrets[0]).toMatchObject({
      lastUsedAt: new Date(time).toISOString(),
      lastUsedFrom: expect.stringContaining('127.0.0.1'),
    })
  })

  test('S19: are out of reach through another robot or another organization', async () => {
    const { path, client } = await createRobot('guarded')
    const { body } = await manager.get(`${path}/secrets`).expect(200)
    const { id } = body.items[0]
    const neighbour = await createRobot('neighbour')
    await manager.delete(`${neighbour.path}/secrets/${id}`).expect(404)
    await alice.delete(`/api/v1/organizations/other/robots/guarded/secrets/${id}`).expect(404)
    await alice.get('/api/v1/organizations/other/robots/guarded').expect(404)
    for (const wrong of ['0', '-1', 'x', '99999999999999999999']) {
      await manager.delete(`${path}/secrets/${wrong}`).expect(404)
    }
    await pull(client).expect(200)
  })
})
