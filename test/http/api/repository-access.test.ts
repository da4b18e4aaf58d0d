import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const ORGANIZATION = '/api/v1/organizations/acme'
const WEB = '/api/v1/repositories/acme%2Fweb/access'

let server: TestServer
const users: Record<string, Client> = {}

beforeAll(async () => {
  server = await openTestServer()
  const names = ['olga', 'mona', 'mia', 'audrey', 'collin', 'stranger', 'ivan', 'gone']
  for (const name of names) users[name] = await server.createUser(name)
  const olga = as('olga')
  await olga.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  for (const [name, role] of Object.entries({ mona: 'manager', mia: 'member', audrey: 'auditor' })) {
    await olga.put(`${ORGANIZATION}/members/${name}`).send({ role }).expect(201)
  }
  await server.admin.patch('/api/v1/users/ivan').send({ role: 'auditor' }).expect(200)
  await olga.post(`${ORGANIZATION}/teams`).send({ name: 'dev' }).expect(201)
  await olga.put(`${ORGANIZATION}/teams/dev/members/mia`).expect(204)
  await grant({ type: 'team', name: 'dev' }, 'acme/w*', 'push')
  await grant({ type: 'user', name: 'collin' }, 'acme/web', 'pull')
  await grant({ type: 'user', name: 'collin' }, 'acme/other', 'admin')
  await grant({ type: 'user', name: 'gone' }, 'acme/web', 'push')
  await server.admin.patch('/api/v1/users/gone').send({ disabled: true }).expect(200)
  await pushImage(olga, 'acme/web', { tag: 'v1' })
})
afterAll(() => server.close())

function as(name: string): Client {
  const client = users[name]
  if (client === undefined) throw new Error(`there is no user ${name}`)
  return client
}

async function grant(subject: object, repositories: string, permission: string): Promise<number> {
  const { body } = await as('olga')
    .post(`${ORGANIZATION}/grants`)
    .send({ subject, repositories, permission })
    .expect(201)
  return body.id
}

interface Entry {
  subject: { type: string; name: string | null }
  permission: string
  through: { type: string; grant?: { repositories: string; team: string | null } }
}

/** Entries in a line each: who, what, through what. */
function inWords(items: readonly Entry[]): string[] {
  return items.map(({ subject, permission, through }) => {
    const { type, grant } = through
    const team = grant?.team ? ` of ${grant.team}` : ''
    return `${subject.type} ${subject.name}: ${permission} by ${type}${grant ? ` ${grant.repositories}${team}` : ''}`
  })
}

const OF_ROLES = [
  'instance-role admin: admin by instance-role',
  'instance-role auditor: pull by instance-role',
  'role owner: admin by member-role',
  'role manager: admin by member-role',
  'role member: pull by base-permission',
  'role auditor: pull by member-role',
]
const OF_GRANTS = [
  'team dev: push by grant acme/w*',
  'user collin: pull by grant acme/web',
  'user gone: push by grant acme/web',
]

describe('administrators of the repository and auditors', () => {
  test.each(['olga', 'mona', 'audrey', 'ivan'])('see everybody’s access: %s', async (name) => {
    const { body } = await as(name).get(WEB).expect(200)
    expect(inWords(body.items)).toEqual([...OF_ROLES, ...OF_GRANTS])
    expect(body.effective).toBeUndefined()
  })

  test('see it in pages of grants, the first with what is held by roles', async () => {
    const first = await as('olga').get(WEB).query({ limit: '1' }).expect(200)
    expect(inWords(first.body.items)).toEqual([...OF_ROLES, ...OF_GRANTS.slice(0, 1)])
    const rest = await as('olga').get(WEB).query({ after: first.body.next }).expect(200)
    expect(inWords(rest.body.items)).toEqual(OF_GRANTS.slice(1))
    expect(rest.body.next).toBeUndefined()
  })

  test('see which grant it is, to take it back', async () => {
    const { body } = await as('olga').get(WEB).expect(200)
    const { id } = body.items.at(-1).through.grant
    const { body: shown } = await as('olga').get(`${ORGANIZATION}/grants/${id}`).expect(200)
    expect(shown).toMatchObject({ id, subject: { type: 'user', name: 'gone' } })
  })

  test('see what one user holds, and what it comes to', async () => {
    const { body } = await as('mona').get(WEB).query({ user: 'mia' }).expect(200)
    expect(body.effective).toEqual({ subject: { type: 'user', name: 'mia' }, permission: 'push', narrowed: false })
    expect(inWords(body.items)).toEqual(['user mia: pull by base-permission', 'user mia: push by grant acme/w* of dev'])
    const nothing = await as('mona').get(WEB).query({ user: 'stranger' }).expect(200)
    expect(nothing.body).toMatchObject({ effective: { permission: null }, items: [] })
    await as('mona').get(WEB).query({ user: 'nobody' }).expect(404)
    await as('mona').get(WEB).query({ user: 'acme' }).expect(404)
  })

  test('see that a disabled user holds nothing, whatever was granted', async () => {
    const { body } = await as('olga').get(WEB).query({ user: 'gone' }).expect(200)
    expect(body).toMatchObject({ effective: { subject: { name: 'gone' }, permission: null }, items: [] })
  })

  test('see an answer that the policy keeps: whoever is said to hold push can push', async () => {
    await as('olga').patch('/api/v1/organizations/acme').send({ basePermission: 'none' }).expect(200)
    try {
      const { body } = await as('olga').get(WEB).expect(200)
      expect(inWords(body.items)).not.toContain('role member: pull by base-permission')
      await as('mia').post('/v2/acme/web/blobs/uploads/').expect(202)
      await as('collin').post('/v2/acme/web/blobs/uploads/').expect(401)
    } finally {
      await as('olga').patch('/api/v1/organizations/acme').send({ basePermission: 'pull' }).expect(200)
    }
  })
})

describe('everybody else', () => {
  test('sees what is their own', async () => {
    const { body } = await as('collin').get(WEB).expect(200)
    expect(body.effective).toEqual({ subject: { type: 'user', name: 'collin' }, permission: 'pull', narrowed: false })
    expect(inWords(body.items)).toEqual(['user collin: pull by grant acme/web'])
    const asked = await as('collin').get(WEB).query({ user: 'collin' }).expect(200)
    expect(asked.body).toEqual(body)
  })

  test('is refused what is others’, whether or not there is such a user', async () => {
    for (const user of ['olga', 'nobody']) {
      const { body } = await as('collin').get(WEB).query({ user }).expect(403)
      expect(body.detail).toContain('administrators of acme/web')
    }
  })

  test('is told nothing of what they may not pull', async () => {
    await as('stranger').get(WEB).expect(404)
    await server.anonymous.get(WEB).expect(404)
  })

  test('robots see what is their own, too', async () => {
    const robot = { name: 'ci', scopes: [{ repositories: 'acme/robots', permission: 'push' }] }
    const { body: created } = await as('olga').post(`${ORGANIZATION}/robots`).send(robot).expect(201)
    const client = server.as(basic(created.username, created.secret))
    await pushImage(client, 'acme/robots', { tag: 'v1' })
    const { body } = await client.get('/api/v1/repositories/acme%2Frobots/access').expect(200)
    expect(body.effective).toEqual({ subject: { type: 'robot', name: 'ci' }, permission: 'push', narrowed: false })
    expect(inWords(body.items)).toEqual(['robot ci: push by grant acme/robots'])
  })

  test('of a public repository, anonymous included, sees that everybody may pull', async () => {
    await pushImage(as('olga'), 'olga/open', { tag: 'v1' })
    await as('olga').patch('/api/v1/repositories/olga%2Fopen').send({ visibility: 'public' }).expect(200)
    const path = '/api/v1/repositories/olga%2Fopen/access'
    const { body } = await server.anonymous.get(path).expect(200)
    expect(inWords(body.items)).toEqual(['everybody null: pull by visibility'])
    expect(body.effective).toEqual({ subject: { type: 'everybody', name: null }, permission: 'pull', narrowed: false })
    const owners = await as('olga').get(path).expect(200)
    expect(inWords(owners.body.items)).toEqual([
      'everybody null: pull by visibility',
      ...OF_ROLES.slice(0, 2),
      'user olga: admin by own-namespace',
    ])
  })
})

describe('narrowed tokens', () => {
  const scopes = (permission: string) => [{ repositories: 'acme/**', permission }]

  async function narrow(name: string, permission: string): Promise<Client> {
    const token = { name: permission, scopes: scopes(permission) }
    const { body } = await as(name).post('/api/v1/user/tokens').send(token).expect(201)
    return server.as(basic(name, body.token))
  }

  test('see what their owner holds, and that they are narrowed', async () => {
    for (const name of ['olga', 'audrey', 'ivan']) {
      const { body } = await (await narrow(name, 'pull')).get(WEB).expect(200)
      expect(body.effective).toMatchObject({ subject: { type: 'user', name }, narrowed: true })
    }
  })

  test('see everybody’s access where they keep the permission admin', async () => {
    const { body } = await (await narrow('olga', 'admin')).get(WEB).expect(200)
    expect(inWords(body.items)).toEqual([...OF_ROLES, ...OF_GRANTS])
  })
})
