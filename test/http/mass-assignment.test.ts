import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpenApiDocument } from '../../server/api/openapi-document.ts'
import { ADMIN, basic, openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { requestOf, send } from './access-matrix/requests.ts'
import { storedState } from './access-matrix/stored-state.ts'

/** What an attacker would like to set, in the words of the database, of the API and of other registries. */
const PRIVILEGED = [
  'id',
  'ownerId',
  'owner_id',
  'organizationId',
  'userId',
  'isAdmin',
  'admin',
  'sysadmin_flag',
  'passwordHash',
  'password_hash',
  'credentialsVersion',
  'createdAt',
  'invitedBy',
  'secretHash',
  'tokenHash',
  '__proto__',
  'constructor',
  'something of the attacker’s',
]

let server: TestServer
let document: OpenApiDocument

beforeAll(async () => {
  server = await openTestServer({ settings: { accounts: { signUp: true } } })
  await server.admin.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await server.createUser('mia')
  await pushImage(server.admin, 'acme/app', { tag: 'v1' })
  document = (await server.anonymous.get('/api/v1/openapi.json').expect(200)).body
})
afterAll(() => server.close())

/** The routes that take a body. */
function routesWithBody() {
  return server.routes.flatMap((route) => {
    if (route.door !== 'api') return []
    const operation = document.paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]?.[route.method]
    const content = operation?.requestBody?.content['application/json']
    return content === undefined ? [] : [{ route, content }]
  })
}

test('S18: every body refuses what it does not know, whoever sends it, and nothing comes of the rest', async () => {
  const routes = routesWithBody()
  expect(routes.length).toBeGreaterThan(14)
  const before = storedState(server.dataDir)
  for (const { route } of routes) {
    const authorization = basic(ADMIN.username, ADMIN.password)
    const { path, ...request } = requestOf(route, { repository: 'acme/app', organization: 'acme' }, authorization)
    const headers = { ...request.headers, 'content-type': 'application/json' }
    for (const field of PRIVILEGED) {
      // As text: an object literal would take `__proto__` for itself.
      const body = `{${JSON.stringify(field)}:true}`
      const answer = await send(server.url, { ...request, path: path.replace('?of-the-matrix', ''), headers, body })
      const what = `${route.method} ${route.path} with ${field}`
      expect(answer.status, what).toBe(400)
      const errors: { message: string }[] = JSON.parse(answer.text).errors
      expect(errors.map(({ message }) => message).join(), what).toContain(`"${field}"`)
    }
  }
  expect(storedState(server.dataDir)).toEqual(before)
  expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false)
})

test('S18: no body lets anything unknown pass further down either', () => {
  /** The places of objects that take fields they do not name. */
  const open = (value: unknown, at: string): string[] => {
    if (typeof value !== 'object' || value === null) return []
    const isOpen =
      'type' in value &&
      value.type === 'object' &&
      !('additionalProperties' in value && (value.additionalProperties === false || isText(value.additionalProperties)))
    const inner = Object.entries(value).flatMap(([key, part]) => open(part, `${at}/${key}`))
    return isOpen ? [at, ...inner] : inner
  }
  /** What is a map of texts, as labels are, has no fields to set. */
  const isText = (value: unknown) =>
    typeof value === 'object' && value !== null && 'type' in value && value.type === 'string'
  const referred = (value: unknown): string[] => {
    const names = [...JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name)
    return [...names, ...names.flatMap((name) => referred(document.components.schemas[name]))]
  }
  for (const { route, content } of routesWithBody()) {
    expect(open(content, `${route.method} ${route.path}`)).toEqual([])
    const names = referred(content)
    expect(names.length, route.path).toBeGreaterThan(0)
    for (const name of names) expect(open(document.components.schemas[name], name)).toEqual([])
  }
})

test('S18: whoever signs up or is invited gets the rights of everybody, and cannot ask for more', async () => {
  const account = { username: 'eve', password: 'the password of eve' }
  for (const more of [{ role: 'admin' }, { disabled: false }, { isAdmin: true }]) {
    await server.anonymous
      .post('/api/v1/users')
      .send({ ...account, ...more })
      .expect(400)
  }
  await server.anonymous.post('/api/v1/users').send(account).expect(201)
  const eve = server.as(basic(account.username, account.password))
  expect((await eve.get('/api/v1/user').expect(200)).body).toMatchObject({ role: 'none' })
  const invitation = (await server.admin.post('/api/v1/invitations').send({}).expect(201)).body
  const invited = { token: invitation.token, username: 'ivy', password: 'the password of ivy' }
  await server.anonymous
    .post('/api/v1/invitations/accept')
    .send({ ...invited, role: 'admin' })
    .expect(400)
  await server.anonymous.post('/api/v1/invitations/accept').send(invited).expect(201)
  const ivy = server.as(basic(invited.username, invited.password))
  expect((await ivy.get('/api/v1/user').expect(200)).body).toMatchObject({ role: 'none' })
})
