import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const ORGANIZATION = '/api/v1/organizations/acme'
const TEAMS = `${ORGANIZATION}/teams`

let server: TestServer
let alice: Client
let manager: Client
let member: Client
let stranger: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  manager = await server.createUser('manager')
  member = await server.createUser('member')
  stranger = await server.createUser('stranger')
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await alice.post('/api/v1/organizations').send({ name: 'other' }).expect(201)
  await alice.patch(ORGANIZATION).send({ basePermission: 'none' }).expect(200)
  for (const role of ['manager', 'member']) {
    await alice.put(`${ORGANIZATION}/members/${role}`).send({ role }).expect(201)
  }
})
afterAll(() => server.close())

async function createTeam(name: string): Promise<string> {
  await manager.post(TEAMS).send({ name }).expect(201)
  return `${TEAMS}/${name}`
}

describe('teams', () => {
  test('are made by managers and seen by all members', async () => {
    const created = await manager.post(TEAMS).send({ name: 'web' }).expect(201)
    expect(created.body).toEqual({ name: 'web', memberCount: 0, createdAt: expect.stringMatching(/Z$/) })
    expect((await member.get(`${TEAMS}/web`).expect(200)).body).toEqual(created.body)
    expect((await member.get(TEAMS).expect(200)).body.items).toContainEqual(created.body)
  })

  test('are hidden from strangers, and not changed by members', async () => {
    const team = await createTeam('quiet')
    await stranger.get(TEAMS).expect(404)
    await stranger.get(team).expect(404)
    await member.post(TEAMS).send({ name: 'mine' }).expect(403)
    await member.patch(team).send({ name: 'mine' }).expect(403)
    await member.delete(team).expect(403)
  })

  test('have a name each', async () => {
    const team = await createTeam('one')
    await createTeam('two')
    expect((await manager.post(TEAMS).send({ name: 'one' }).expect(409)).body.title).toBe('NAME_TAKEN')
    expect((await manager.patch(team).send({ name: 'two' }).expect(409)).body.title).toBe('NAME_TAKEN')
    await manager.post(TEAMS).send({ name: 'No Team' }).expect(400)
    await manager.patch(team).send({ name: 'three' }).expect(200)
    await manager.get(team).expect(404)
    await manager.get(`${TEAMS}/three`).expect(200)
  })

  test('keep the name that somebody gave them meanwhile', async () => {
    const team = await createTeam('contested')
    const { headers } = await manager.get(team).expect(200)
    const ifMatch = String(headers['etag'])
    const rename = (name: string) => manager.patch(team).set('If-Match', ifMatch).send({ name })
    const renamed = await rename('faster').expect(200)
    expect(renamed.headers['etag']).toMatch(/^"\d+"$/)
    expect(renamed.headers['etag']).not.toBe(ifMatch)
    await manager.patch(`${TEAMS}/faster`).send({ name: 'contested' }).expect(200)
    expect((await rename('slower').expect(412)).body.title).toBe('PRECONDITION_FAILED')
    await manager.get(`${TEAMS}/slower`).expect(404)
    const again = await manager.get(team).expect(200)
    await manager.patch(team).set('If-Match', String(again.headers['etag'])).send({ name: 'slower' }).expect(200)
  })

  test('are not renamed for another team that had their name', async () => {
    const team = await createTeam('reborn')
    const { headers } = await manager.get(team).expect(200)
    await manager.delete(team).expect(204)
    const created = await manager.post(TEAMS).send({ name: 'reborn' }).expect(201)
    expect((await manager.get(team).expect(200)).headers['etag']).toBe(created.headers['etag'])
    await manager.patch(team).set('If-Match', String(headers['etag'])).send({ name: 'mistaken' }).expect(412)
  })

  test('are gone once deleted', async () => {
    const team = await createTeam('brief')
    await manager.delete(team).expect(204)
    await manager.delete(team).expect(404)
    await manager.get(`${team}/members`).expect(404)
  })

  test('S19: belong to their organization', async () => {
    await createTeam('ours')
    for (const path of ['teams/ours', 'teams/ours/members']) {
      await alice.get(`/api/v1/organizations/other/${path}`).expect(404)
    }
    await alice.put('/api/v1/organizations/other/teams/ours/members/alice').expect(404)
    await alice.delete('/api/v1/organizations/other/teams/ours').expect(404)
  })
})

describe('members of a team', () => {
  test('are added and removed by managers, any number of times', async () => {
    const team = await createTeam('shifting')
    await manager.put(`${team}/members/member`).expect(204)
    await manager.put(`${team}/members/member`).expect(204)
    expect((await member.get(`${team}/members`).expect(200)).body.items).toEqual([
      { username: 'member', displayName: null },
    ])
    expect((await member.get(team).expect(200)).body.memberCount).toBe(1)
    await manager.delete(`${team}/members/member`).expect(204)
    await manager.delete(`${team}/members/member`).expect(404)
  })

  test('are members of the organization first', async () => {
    const team = await createTeam('closed')
    const { body } = await manager.put(`${team}/members/stranger`).expect(409)
    expect(body.title).toBe('NOT_A_MEMBER')
    expect(body.detail).toContain('add the user to the organization first')
    expect((await manager.put(`${team}/members/nobody-at-all`).expect(404)).body.detail).toContain('no such user')
  })

  test('may leave, and remove nobody else', async () => {
    const team = await createTeam('voluntary')
    await manager.put(`${team}/members/member`).expect(204)
    await manager.put(`${team}/members/manager`).expect(204)
    await member.put(`${team}/members/member`).expect(403)
    const { body } = await member.delete(`${team}/members/manager`).expect(403)
    expect(body.detail).toContain('only owners and managers')
    await member.delete(`${team}/members/nobody-at-all`).expect(403)
    await member.delete(`${team}/members/member`).expect(204)
  })

  test('hold what the team was granted, as long as they are in it', async () => {
    const team = await createTeam('granted')
    await pushImage(alice, 'acme/granted', { tag: 'v1' })
    await alice
      .post(`${ORGANIZATION}/grants`)
      .send({ subject: { type: 'team', name: 'granted' }, repositories: 'acme/granted', permission: 'pull' })
      .expect(201)
    await member.get('/v2/acme/granted/manifests/v1').expect(401)
    await manager.put(`${team}/members/member`).expect(204)
    await member.get('/v2/acme/granted/manifests/v1').expect(200)
    await manager.delete(`${team}/members/member`).expect(204)
    await member.get('/v2/acme/granted/manifests/v1').expect(401)
  })
})
