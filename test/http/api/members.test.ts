import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const ROLES = ['owner', 'manager', 'member', 'auditor'] as const
type Role = (typeof ROLES)[number]

let server: TestServer
let count = 0
/** A fresh organization for each test, with one member of each role; it has two owners. */
let name: string
let members: string
let clients: Readonly<Record<Role | 'stranger', Client>>

beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.close())

const usernames = () => ({
  owner: `${name}-owner`,
  manager: `${name}-manager`,
  member: `${name}-member`,
  auditor: `${name}-auditor`,
  stranger: `${name}-stranger`,
})

beforeEach(async () => {
  count += 1
  name = `acme${count}`
  members = `/api/v1/organizations/${name}/members`
  await server.admin.post('/api/v1/organizations').send({ name }).expect(201)
  const { owner, manager, member, auditor, stranger } = usernames()
  clients = {
    owner: await server.createUser(owner),
    manager: await server.createUser(manager),
    member: await server.createUser(member),
    auditor: await server.createUser(auditor),
    stranger: await server.createUser(stranger),
  }
  for (const role of ROLES) await server.admin.put(`${members}/${usernames()[role]}`).send({ role }).expect(201)
})

async function roleOf(username: string): Promise<string | undefined> {
  const { status, body } = await server.admin.get(`${members}/${username}`)
  return status === 200 ? body.role : undefined
}

describe('seeing members', () => {
  test.each(ROLES)('the role %s is enough', async (role) => {
    const { body } = await clients[role].get(members).expect(200)
    expect(body.items.map((item: { username: string }) => item.username)).toEqual(
      ['admin', ...ROLES.map((other) => usernames()[other])].sort(),
    )
    const one = await clients[role].get(`${members}/${usernames().manager}`).expect(200)
    expect(one.body).toEqual({
      username: usernames().manager,
      displayName: null,
      role: 'manager',
      joinedAt: expect.stringMatching(/Z$/),
    })
  })

  test('whoever is no member is no member by any name', async () => {
    const unknown = await clients.owner.get(`${members}/nobody-at-all`).expect(404)
    const stranger = await clients.owner.get(`${members}/${usernames().stranger}`).expect(404)
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...stranger.body, requestId: '' })
    await clients.stranger.get(members).expect(404)
  })
})

describe('adding members and changing roles', () => {
  test('answers 201 for a new member and 200 for one who is there', async () => {
    const path = `${members}/${usernames().stranger}`
    const added = await clients.manager.put(path).send({ role: 'member' }).expect(201)
    expect(added.body).toMatchObject({ username: usernames().stranger, role: 'member' })
    const changed = await clients.manager.put(path).send({ role: 'manager' }).expect(200)
    expect(changed.body).toEqual({ ...added.body, role: 'manager' })
  })

  test('is refused to whoever has not seen the last change', async () => {
    const path = `${members}/${usernames().member}`
    const { headers } = await clients.manager.get(path).expect(200)
    const ifMatch = String(headers['etag'])
    const change = (role: Role) => clients.manager.put(path).set('If-Match', ifMatch).send({ role })
    const changed = await change('manager').expect(200)
    expect(changed.headers['etag']).toMatch(/^"\d+"$/)
    expect(changed.headers['etag']).not.toBe(ifMatch)
    expect((await change('member').expect(412)).body.title).toBe('PRECONDITION_FAILED')
    // Who may not do it at all is told so first.
    await change('owner').expect(403)
    expect(await roleOf(usernames().member)).toBe('manager')
  })

  test('adds nobody again who was removed meanwhile', async () => {
    const path = `${members}/${usernames().member}`
    const { headers } = await clients.manager.get(path).expect(200)
    await clients.owner.delete(path).expect(204)
    const add = (ifMatch: unknown) =>
      clients.manager.put(path).set('If-Match', String(ifMatch)).send({ role: 'manager' })
    for (const ifMatch of [headers['etag'], '*']) await add(ifMatch).expect(412)
    expect(await roleOf(usernames().member)).toBeUndefined()
    const added = await clients.manager.put(path).send({ role: 'member' }).expect(201)
    await add(headers['etag']).expect(412)
    await add(added.headers['etag']).expect(200)
    await add('*').expect(200)
  })

  test('knows users only', async () => {
    const { body } = await clients.owner.put(`${members}/nobody-at-all`).send({ role: 'member' }).expect(404)
    expect(body.detail).toContain('there is no such user')
    await clients.owner.put(`${members}/${name}`).send({ role: 'member' }).expect(404)
    await clients.owner.put(`${members}/${usernames().stranger}`).send({ role: 'admin' }).expect(400)
    await clients.owner.put(`${members}/${usernames().stranger}`).send({ role: 'member', id: 1 }).expect(400)
  })

  const MAY: readonly (readonly [by: Role, before: Role | 'stranger', after: Role, status: number])[] = [
    ['owner', 'stranger', 'owner', 201],
    ['owner', 'stranger', 'auditor', 201],
    ['owner', 'owner', 'manager', 200],
    ['owner', 'auditor', 'member', 200],
    ['manager', 'stranger', 'manager', 201],
    ['manager', 'member', 'manager', 200],
    ['manager', 'manager', 'member', 200],
    ['manager', 'stranger', 'owner', 403],
    ['manager', 'stranger', 'auditor', 403],
    ['manager', 'manager', 'owner', 403],
    ['manager', 'manager', 'auditor', 403],
    ['manager', 'member', 'owner', 403],
    ['manager', 'owner', 'member', 403],
    ['manager', 'owner', 'owner', 403],
    ['manager', 'auditor', 'member', 403],
    ['member', 'stranger', 'member', 403],
    ['member', 'member', 'manager', 403],
    ['auditor', 'auditor', 'owner', 403],
  ]
  test.each(MAY)('%s makes %s into %s: %i', async (by, before, after, status) => {
    const username = usernames()[before]
    await clients[by].put(`${members}/${username}`).send({ role: after }).expect(status)
    const present = before === 'stranger' ? undefined : before
    expect(await roleOf(username)).toBe(status === 403 ? present : after)
  })

  test('a stranger does not even learn that the organization is there', async () => {
    await clients.stranger.put(`${members}/${usernames().stranger}`).send({ role: 'owner' }).expect(404)
  })
})

describe('removing members', () => {
  const MAY: readonly (readonly [by: Role, whom: Role | 'stranger', status: number])[] = [
    ['owner', 'owner', 204],
    ['owner', 'auditor', 204],
    ['manager', 'member', 204],
    ['manager', 'manager', 204],
    ['manager', 'owner', 403],
    ['manager', 'auditor', 403],
    ['manager', 'stranger', 404],
    ['member', 'member', 204],
    ['member', 'manager', 403],
    ['auditor', 'auditor', 204],
    ['auditor', 'member', 403],
  ]
  test.each(MAY)('%s removes %s: %i', async (by, whom, status) => {
    const username = usernames()[whom]
    await clients[by].delete(`${members}/${username}`).expect(status)
    expect(await roleOf(username)).toBe(status === 403 ? whom : undefined)
  })

  test('takes away what the member could do, with the next request', async () => {
    await pushImage(clients.owner, `${name}/web`, { tag: 'v1' })
    const token = server.as(await server.token(clients.member, `repository:${name}/web:pull`))
    await token.get(`/v2/${name}/web/manifests/v1`).expect(200)
    await clients.owner.delete(`${members}/${usernames().member}`).expect(204)
    await token.get(`/v2/${name}/web/manifests/v1`).expect(401)
    await clients.member.get(members).expect(404)
  })
})

describe('the last owner', () => {
  beforeEach(() => server.admin.delete(`${members}/admin`).expect(204))

  test('cannot leave, nor become something else', async () => {
    const path = `${members}/${usernames().owner}`
    const left = await clients.owner.delete(path).expect(409)
    expect(left.body.title).toBe('LAST_OWNER')
    expect(left.body.detail).toContain('make somebody else an owner first')
    const demoted = await clients.owner.put(path).send({ role: 'manager' }).expect(409)
    expect(demoted.body.title).toBe('LAST_OWNER')
    await server.admin.delete(path).expect(409)
  })

  test('can once there is another', async () => {
    await clients.owner.put(`${members}/${usernames().manager}`).send({ role: 'owner' }).expect(200)
    await clients.owner.delete(`${members}/${usernames().owner}`).expect(204)
  })
})
