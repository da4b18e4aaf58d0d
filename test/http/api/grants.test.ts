import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const ORGANIZATION = '/api/v1/organizations/acme'
const GRANTS = `${ORGANIZATION}/grants`

let server: TestServer
let alice: Client
let manager: Client
let member: Client
let guest: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  manager = await server.createUser('manager')
  member = await server.createUser('member')
  guest = await server.createUser('guest')
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await alice.post('/api/v1/organizations').send({ name: 'other' }).expect(201)
  for (const role of ['manager', 'member']) {
    await alice.put(`${ORGANIZATION}/members/${role}`).send({ role }).expect(201)
  }
  await manager.post(`${ORGANIZATION}/teams`).send({ name: 'web' }).expect(201)
  await manager
    .post(`${ORGANIZATION}/robots`)
    .send({ name: 'ci', scopes: [{ repositories: 'acme/ci', permission: 'push' }] })
    .expect(201)
})
afterAll(() => server.close())

const toGuest = (repositories: string, permission: string) => ({
  subject: { type: 'user', name: 'guest' },
  repositories,
  permission,
})

async function grant(body: object): Promise<number> {
  const created = await manager.post(GRANTS).send(body).expect(201)
  return created.body.id
}

describe('giving', () => {
  test.each([
    { type: 'user', name: 'guest' },
    { type: 'team', name: 'web' },
    { type: 'robot', name: 'ci' },
  ])('works for %j', async (subject) => {
    const given = { subject, repositories: 'acme/web-*', permission: 'pull' }
    const { body } = await manager.post(GRANTS).send(given).expect(201)
    expect(body).toEqual({ ...given, id: expect.any(Number), createdAt: expect.stringMatching(/Z$/) })
    expect((await manager.get(`${GRANTS}/${body.id}`).expect(200)).body).toEqual(body)
  })

  test('twice changes what was given the first time', async () => {
    const id = await grant(toGuest('acme/twice', 'pull'))
    const again = await manager.post(GRANTS).send(toGuest('acme/twice', 'push')).expect(200)
    expect(again.body).toMatchObject({ id, permission: 'push' })
  })

  test.each(['other/web', 'guest/web', '**', 'acm*/web', '*/web', 'nginx'])(
    'is for repositories of the organization, which %s is not',
    async (repositories) => {
      const { body } = await manager.post(GRANTS).send(toGuest(repositories, 'pull')).expect(422)
      expect(body.detail).toContain('begin with acme/')
    },
  )

  test.each(['acme/', 'acme/-*', 'acme/web/', '*', 'acme/***', `acme/${'*/'.repeat(20)}a`])(
    'refuses %s, which is no pattern',
    async (repositories) => {
      await manager.post(GRANTS).send(toGuest(repositories, 'pull')).expect(400)
    },
  )

  test.each(['user', 'team', 'robot'])('says so when there is no such %s', async (type) => {
    const subject = { type, name: 'nobody-at-all' }
    const { body } = await manager
      .post(GRANTS)
      .send({ subject, repositories: 'acme/web', permission: 'pull' })
      .expect(404)
    expect(body.detail).toContain(`no such ${type}`)
  })

  test('an organization is no user, and another one’s team no team', async () => {
    await alice.post('/api/v1/organizations/other/teams').send({ name: 'foreign' }).expect(201)
    for (const subject of [
      { type: 'user', name: 'other' },
      { type: 'team', name: 'foreign' },
    ]) {
      await manager.post(GRANTS).send({ subject, repositories: 'acme/web', permission: 'pull' }).expect(404)
    }
  })

  test('S18: refuses fields it does not know', async () => {
    await manager
      .post(GRANTS)
      .send({ ...toGuest('acme/web', 'pull'), organization: 'other' })
      .expect(400)
    await manager.post(GRANTS).send(toGuest('acme/web', 'owner')).expect(400)
  })

  test('takes the former name of the organization too, and shows the present one', async () => {
    await alice.post('/api/v1/organizations').send({ name: 'before' }).expect(201)
    await alice.patch('/api/v1/organizations/before').send({ name: 'after' }).expect(200)
    const { body } = await alice
      .post('/api/v1/organizations/before/grants')
      .send(toGuest('before/web', 'pull'))
      .expect(201)
    expect(body.repositories).toBe('after/web')
  })
})

describe('what is given', () => {
  test('counts with the next request, and so does taking it back', async () => {
    await pushImage(alice, 'acme/shared', { tag: 'v1' })
    await guest.get('/v2/acme/shared/manifests/v1').expect(401)
    const id = await grant(toGuest('acme/shar*', 'pull'))
    await guest.get('/v2/acme/shared/manifests/v1').expect(200)
    await guest.delete('/v2/acme/shared/manifests/v1').expect(401)
    await manager.patch(`${GRANTS}/${id}`).send({ permission: 'maintain' }).expect(200)
    await guest.delete('/v2/acme/shared/manifests/v1').expect(202)
    await manager.delete(`${GRANTS}/${id}`).expect(204)
    await guest.get('/v2/acme/shared/tags/list').expect(401)
    await manager.delete(`${GRANTS}/${id}`).expect(404)
    await manager.patch(`${GRANTS}/${id}`).send({ permission: 'pull' }).expect(404)
  })

  test('is not changed by whoever has not seen the last change', async () => {
    const given = await manager.post(GRANTS).send(toGuest('acme/contested', 'pull')).expect(201)
    const path = `${GRANTS}/${given.body.id}`
    const ifMatch = String((await manager.get(path).expect(200)).headers['etag'])
    expect(ifMatch).toBe(given.headers['etag'])
    const change = (permission: string) => manager.patch(path).set('If-Match', ifMatch).send({ permission })
    const changed = await change('push').expect(200)
    expect(changed.headers['etag']).toMatch(/^"\d+"$/)
    expect(changed.headers['etag']).not.toBe(ifMatch)
    expect((await change('admin').expect(412)).body.title).toBe('PRECONDITION_FAILED')
    expect((await manager.get(path).expect(200)).body.permission).toBe('push')
  })

  test('is given again only to what was seen, if asked for', async () => {
    const given = await manager.post(GRANTS).send(toGuest('acme/again', 'pull')).expect(201)
    const give = (ifMatch: unknown) =>
      manager.post(GRANTS).set('If-Match', String(ifMatch)).send(toGuest('acme/again', 'push'))
    const changed = await give(given.headers['etag']).expect(200)
    await give(given.headers['etag']).expect(412)
    await give(changed.headers['etag']).expect(200)
    await manager.delete(`${GRANTS}/${given.body.id}`).expect(204)
    for (const ifMatch of [changed.headers['etag'], '*']) await give(ifMatch).expect(412)
    expect((await manager.get(GRANTS).query({ user: 'guest' })).text).not.toContain('acme/again')
  })

  test('is seen and changed by those who manage the organization', async () => {
    const id = await grant(toGuest('acme/inspected', 'pull'))
    for (const client of [member, guest]) {
      await client.get(GRANTS).expect(403)
      await client.get(`${GRANTS}/${id}`).expect(403)
      await client.post(GRANTS).send(toGuest('acme/**', 'admin')).expect(403)
      await client.patch(`${GRANTS}/${id}`).send({ permission: 'admin' }).expect(403)
      await client.delete(`${GRANTS}/${id}`).expect(403)
    }
  })

  test('S19: is out of reach through another organization', async () => {
    const id = await grant(toGuest('acme/tied', 'pull'))
    const path = `/api/v1/organizations/other/grants/${id}`
    await alice.get(path).expect(404)
    await alice.patch(path).send({ permission: 'admin' }).expect(404)
    await alice.delete(path).expect(404)
    expect((await alice.get(`${GRANTS}/${id}`).expect(200)).body.permission).toBe('pull')
  })

  test.each(['0', '-1', '1.5', '1e3', 'x', '00001', '99999999999999999999'])(
    'is nothing under the id %s',
    async (id) => {
      await manager.get(`${GRANTS}/${id}`).expect(404)
      await manager.delete(`${GRANTS}/${id}`).expect(404)
    },
  )
})

describe('the list', () => {
  test('is of everything, or of one user, team or robot', async () => {
    await server.createUser('listed')
    const subject = { type: 'user', name: 'listed' }
    const ids = [
      await grant({ subject, repositories: 'acme/a', permission: 'pull' }),
      await grant({ subject, repositories: 'acme/b', permission: 'push' }),
    ]
    const ofUser = await manager.get(GRANTS).query({ user: 'listed' }).expect(200)
    expect(ofUser.body.items.map(({ id }: { id: number }) => id)).toEqual(ids)
    const ofRobot = await manager.get(GRANTS).query({ robot: 'ci' }).expect(200)
    const holders = ofRobot.body.items.map(({ subject }: { subject: { name: string } }) => subject.name)
    expect(new Set(holders)).toEqual(new Set(['ci']))
    const first = await manager.get(GRANTS).query({ user: 'listed', limit: 1 }).expect(200)
    const second = await manager.get(GRANTS).query({ user: 'listed', limit: 1, after: first.body.next }).expect(200)
    expect([first.body.items[0].id, second.body.items[0].id]).toEqual(ids)
    const all = await manager.get(GRANTS).expect(200)
    expect(all.body.items.length).toBeGreaterThan(2)
  })

  test('refuses to be of two at once, of nobody, or of something else', async () => {
    await manager.get(GRANTS).query({ user: 'guest', team: 'web' }).expect(400)
    await manager.get(GRANTS).query({ team: 'nobody-at-all' }).expect(404)
    await manager.get(GRANTS).query({ group: 'web' }).expect(400)
  })
})
