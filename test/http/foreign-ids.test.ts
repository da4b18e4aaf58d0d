import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { storedState } from './access-matrix/stored-state.ts'

let server: TestServer
/** Owns the organization `alpha`. */
let ann: Client
/** Owns the organization `beta`. */
let ben: Client

interface Things {
  readonly token: string
  readonly refreshToken: string
  readonly grant: string
  readonly invitation: string
  readonly robotSecret: string
}
let annThings: Things
let benThings: Things
let instanceInvitation: string

beforeAll(async () => {
  server = await openTestServer()
  ann = await server.createUser('ann')
  ben = await server.createUser('ben')
  await server.createUser('bea')
  annThings = await furnish(ann, 'alpha', { team: 'reds', robot: 'rob' })
  benThings = await furnish(ben, 'beta', { team: 'blues', robot: 'bot' })
  await ben.put('/api/v1/organizations/beta/members/bea').send({ role: 'member' }).expect(201)
  await ben.put('/api/v1/organizations/beta/teams/blues/members/bea').expect(204)
  const { body } = await server.admin.post('/api/v1/invitations').send({}).expect(201)
  instanceInvitation = String(body.id)
})
afterAll(() => server.close())

/** An organization with one of each, and the tokens of its owner. */
async function furnish(owner: Client, name: string, names: { team: string; robot: string }): Promise<Things> {
  const path = `/api/v1/organizations/${name}`
  await owner.post('/api/v1/organizations').send({ name }).expect(201)
  await pushImage(owner, `${name}/app`, { tag: 'v1' })
  await owner.post(`${path}/teams`).send({ name: names.team }).expect(201)
  const grant = await owner
    .post(`${path}/grants`)
    .send({ subject: { type: 'team', name: names.team }, repositories: `${name}/app`, permission: 'push' })
    .expect(201)
  const scopes = [{ repositories: `${name}/**`, permission: 'push' }]
  await owner.post(`${path}/robots`).send({ name: names.robot, scopes }).expect(201)
  const secrets = await owner.get(`${path}/robots/${names.robot}/secrets`).expect(200)
  const invitation = await owner.post(`${path}/invitations`).send({ role: 'member' }).expect(201)
  const token = await owner.post('/api/v1/user/tokens').send({ name: 'test' }).expect(201)
  await owner.get('/token').query({ offline_token: 'true', client_id: 'docker', service: 's' }).expect(200)
  const refreshTokens = await owner.get('/api/v1/user/refresh-tokens').expect(200)
  return {
    token: String(token.body.id),
    refreshToken: String(refreshTokens.body.items[0].id),
    grant: String(grant.body.id),
    invitation: String(invitation.body.id),
    robotSecret: String(secrets.body.items[0].id),
  }
}

/** By each route that addresses a thing within something else: the things of others, as if they were one's own. */
function foreignPaths(): Readonly<Record<string, readonly string[]>> {
  const { token, refreshToken, grant, invitation, robotSecret } = benThings
  const alpha = '/organizations/alpha'
  return {
    '/user/tokens/:id': forms(token).map((id) => `/user/tokens/${id}`),
    '/user/refresh-tokens/:id': forms(refreshToken).map((id) => `/user/refresh-tokens/${id}`),
    '/invitations/:id': forms(invitation).map((id) => `/invitations/${id}`),
    '/organizations/:org/grants/:id': forms(grant).map((id) => `${alpha}/grants/${id}`),
    '/organizations/:org/invitations/:id': [invitation, instanceInvitation].flatMap((text) =>
      forms(text).map((id) => `${alpha}/invitations/${id}`),
    ),
    '/organizations/:org/members/:user': [`${alpha}/members/bea`],
    '/organizations/:org/teams/:team': [`${alpha}/teams/blues`],
    '/organizations/:org/teams/:team/members': [`${alpha}/teams/blues/members`],
    '/organizations/:org/teams/:team/members/:user': [
      `${alpha}/teams/blues/members/bea`,
      `${alpha}/teams/blues/members/ann`,
      `${alpha}/teams/reds/members/bea`,
    ],
    '/organizations/:org/robots/:robot': [`${alpha}/robots/bot`, `${alpha}/robots/beta%2Bbot`],
    '/organizations/:org/robots/:robot/secrets': [`${alpha}/robots/bot/secrets`],
    '/organizations/:org/robots/:robot/secrets/:id': forms(robotSecret).flatMap((id) => [
      `${alpha}/robots/bot/secrets/${id}`,
      `${alpha}/robots/rob/secrets/${id}`,
    ]),
  }
}

/** An id, and what a careless reader might take for it. */
function forms(id: string): string[] {
  return [id, `0${id}`, `${id}.0`, `${id}e0`, `%20${id}`, `${id}%00`, `-${id}`, `${id}%20OR%201=1`]
}

/** A change that would be one, by the route that makes it. */
const CHANGES: Readonly<Record<string, object>> = {
  'patch /organizations/:org/grants/:id': { permission: 'admin' },
  'patch /organizations/:org/teams/:team': { name: 'stolen' },
  'patch /organizations/:org/robots/:robot': { disabled: true },
}

/** What the instance has, and nobody owns. */
const INSTANCE_WIDE = new Set(['/damage/:id'])

/** Routes that address nothing of others': a user whom the organization does not have yet is added to it. */
const ADDING = new Set(['put /organizations/:org/members/:user'])

test('S19: by way of one’s own organization or account nothing of others is found, nor changed', async () => {
  const paths = foreignPaths()
  const before = storedState(server.dataDir)
  const nested = server.routes.filter(
    ({ door, path }) => door === 'api' && (/:org\/.*:/.test(path) || path.endsWith('/:id')) && !INSTANCE_WIDE.has(path),
  )
  expect(nested.length).toBeGreaterThan(18)
  for (const { method, path } of nested) {
    const route = `${method} ${path}`
    if (ADDING.has(route)) continue
    const foreign = paths[path]
    if (foreign === undefined) throw new Error(`this test does not know what to ask of others at ${path}`)
    for (const address of foreign) {
      const clients = path.startsWith('/invitations/') ? [server.admin] : [ann, server.admin]
      for (const client of clients) {
        const verb = method === 'get' || method === 'patch' || method === 'post' || method === 'put' ? method : 'delete'
        const { status } = await client[verb](`/api/v1${address}`).send(CHANGES[route])
        // A user whom the path only names is there, and told not to be a member; all else is not there.
        const expected = route.startsWith('put') && address.includes('/reds/') ? 409 : 404
        expect(status, `${method} ${address}`).toBe(expected)
      }
    }
  }
  expect(storedState(server.dataDir)).toEqual(before)
})

test('S19: the same addresses find and change what is one’s own, so that the test above means something', async () => {
  const alpha = '/api/v1/organizations/alpha'
  const { token, refreshToken, grant, invitation, robotSecret } = annThings
  await ann.get(`${alpha}/grants/${grant}`).expect(200)
  await ann.get(`${alpha}/robots/rob`).expect(200)
  await ann.get(`${alpha}/teams/reds/members`).expect(200)
  await ann.get(`/api/v1/user/tokens/${token}`).expect(200)
  for (const path of [
    `${alpha}/robots/rob/secrets/${robotSecret}`,
    `${alpha}/grants/${grant}`,
    `${alpha}/invitations/${invitation}`,
    `/api/v1/user/refresh-tokens/${refreshToken}`,
    `/api/v1/user/tokens/${token}`,
  ]) {
    await ann.delete(path).expect(204)
  }
  await server.admin.delete(`/api/v1/invitations/${instanceInvitation}`).expect(204)
})

test.each([
  ['grants', { subject: { type: 'team', name: 'blues' }, repositories: 'alpha/app', permission: 'push' }, 404],
  ['grants', { subject: { type: 'robot', name: 'bot' }, repositories: 'alpha/app', permission: 'push' }, 404],
  ['grants', { subject: { type: 'robot', name: 'beta+bot' }, repositories: 'alpha/app', permission: 'push' }, 404],
  ['grants', { subject: { type: 'team', name: 'reds' }, repositories: 'beta/app', permission: 'push' }, 422],
  ['grants', { subject: { type: 'team', name: 'reds' }, repositories: '**', permission: 'push' }, 422],
  ['robots', { name: 'spy', scopes: [{ repositories: 'beta/**', permission: 'pull' }] }, 422],
])('S19: in the body of %s %j names what is not of the organization: %i', async (path, body, status) => {
  const before = storedState(server.dataDir)
  await ann.post(`/api/v1/organizations/alpha/${path}`).send(body).expect(status)
  expect(storedState(server.dataDir)).toEqual(before)
})

test('S19: lists hold one’s own, wherever they are told to begin and whatever they are narrowed to', async () => {
  const { grant, invitation, robotSecret, token, refreshToken } = benThings
  const cursors = ['0', '1', grant, invitation, robotSecret, token, refreshToken, 'blues', 'bot', 'a', "' OR 1=1 --"]
  const lists = server.routes.filter(
    ({ door, method, path }) => door === 'api' && method === 'get' && /^\/organizations\/:org\/\w+$/.test(path),
  )
  expect(lists.length).toBeGreaterThanOrEqual(6)
  for (const { path } of lists) {
    const url = `/api/v1${path.replace(':org', 'alpha')}`
    for (const after of cursors) {
      const { text, status } = await ann.get(url).query({ after })
      expect([200, 400], `${url} after ${after}`).toContain(status)
      expect(text.replace(after, ''), `${url} after ${after}`).not.toMatch(/beta|blues|"bot"|bea"|ben"/)
    }
  }
  for (const narrowed of ['team=blues', 'robot=bot']) {
    await ann.get(`/api/v1/organizations/alpha/grants?${narrowed}`).expect(404)
  }
  const { body } = await ann.get('/api/v1/organizations/alpha/grants?user=ben').expect(200)
  expect(body.items).toEqual([])
})

test('S19: a robot is not heard in the name of another organization', async () => {
  const scopes = [{ repositories: 'beta/**', permission: 'push' }]
  const { body } = await ben.post('/api/v1/organizations/beta/robots').send({ name: 'ci', scopes }).expect(201)
  await server.as(basic('beta+ci', body.secret)).get('/v2/beta/app/tags/list').expect(200)
  for (const username of ['alpha+ci', 'alpha+rob', 'beta+bot', 'ben', 'ci']) {
    await server.as(basic(username, body.secret)).get('/v2/').expect(401)
  }
})
