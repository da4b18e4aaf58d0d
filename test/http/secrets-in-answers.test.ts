import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeclaredRoute } from '../../server/declared-routes.ts'
import { ADMIN, basic, digestOf, openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { send } from './access-matrix/requests.ts'

let server: TestServer
/** What nobody may ever read again, by what it is. */
let secrets: Record<string, string>
/** What stands in the paths for their parameters. */
let values: Record<string, string>

beforeAll(async () => {
  server = await openTestServer()
  const { admin } = server
  const acme = '/api/v1/organizations/acme'
  await server.createUser('zoe')
  await admin.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await pushImage(admin, 'acme/app', { tag: 'v1' })
  await admin.post(`${acme}/teams`).send({ name: 'dev' }).expect(201)
  await admin.put(`${acme}/teams/dev/members/admin`).expect(204)
  const scopes = [{ repositories: 'acme/**', permission: 'push' }]
  const robot = await admin.post(`${acme}/robots`).send({ name: 'ci', scopes }).expect(201)
  const second = await admin.post(`${acme}/robots/ci/secrets`).expect(201)
  const token = await admin.post('/api/v1/user/tokens').send({ name: 'laptop', scopes }).expect(201)
  const invitations = [
    await admin.post('/api/v1/invitations').send({ note: 'welcome' }).expect(201),
    await admin.post(`${acme}/invitations`).send({ role: 'member' }).expect(201),
  ]
  const login = { offline_token: 'true', client_id: 'docker', service: 's' }
  const refresh = await admin.get('/token').query(login).expect(200)
  const grants = await admin.get(`${acme}/grants`).expect(200)
  await server.as(basic('zoe', 'a wrong password')).get('/v2/').expect(401)
  secrets = {
    'the access token': token.body.token,
    'the robot’s secret': robot.body.secret,
    'the robot’s second secret': second.body.secret,
    'the refresh token': refresh.body.refresh_token,
    'the JWT': refresh.body.token,
    ...Object.fromEntries(invitations.map(({ body }, index) => [`invitation ${index}`, body.token])),
    'the password': ADMIN.password,
    'the password of zoe': 'password of zoe',
    'a wrong password': 'a wrong password',
    ...storedSecrets(),
  }
  values = {
    org: 'acme',
    user: 'zoe',
    team: 'dev',
    robot: 'ci',
    tag: 'v1',
    repository: 'acme%2Fapp',
    reference: 'v1',
    digest: digestOf('a layer'),
    '/organizations/:org/members/:user': 'admin',
    '/organizations/:org/grants/:id': String(grants.body.items[0].id),
    '/user/tokens/:id': String(token.body.id),
  }
})
afterAll(() => server.close())

/** Every column of the database that holds a secret or a hash of one, in each form that JSON could show it in. */
function storedSecrets(): Record<string, string> {
  const file = readdirSync(server.dataDir).find((name) => name.endsWith('.db')) ?? ''
  const db = new SqliteDatabase(join(server.dataDir, file), { readonly: true })
  try {
    const columns = db
      .prepare<[], { table: string; column: string }>(
        `SELECT m.name AS "table", c.name AS "column" FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND (c.name LIKE '%hash%' OR c.name LIKE '%secret%' OR c.name LIKE '%private%')`,
      )
      .all()
    expect(columns.length).toBeGreaterThanOrEqual(6)
    const found: Record<string, string> = {}
    for (const { table, column } of columns) {
      const rows = db
        .prepare<[], unknown>(`SELECT "${column}" FROM "${table}" WHERE "${column}" IS NOT NULL`)
        .pluck()
        .all()
      expect(rows.length, `${table}.${column}`).toBeGreaterThan(0)
      for (const [index, value] of rows.entries()) {
        const name = `${table}.${column} ${index}`
        if (typeof value === 'string') found[name] = value
        else if (value instanceof Uint8Array) Object.assign(found, formsOf(name, Buffer.from(value)))
      }
    }
    return found
  } finally {
    db.close()
  }
}

function formsOf(name: string, bytes: Buffer): Record<string, string> {
  return {
    [`${name} in hex`]: bytes.toString('hex'),
    [`${name} in base64`]: bytes.toString('base64').replaceAll('=', ''),
    [`${name} in base64url`]: bytes.toString('base64url'),
    // As JSON shows a Buffer.
    [`${name} in numbers`]: [...bytes].join(','),
  }
}

/** Everything there is to read, at things that are there. */
function addresses(): string[] {
  const wire: Readonly<Record<string, string>> = {
    base: '/v2/',
    catalog: '/v2/_catalog',
    tags: '/v2/acme/app/tags/list',
    manifest: '/v2/acme/app/manifests/v1',
    blob: `/v2/acme/app/blobs/${digestOf('a layer')}`,
    upload: '/v2/acme/app/blobs/uploads/x',
    referrers: `/v2/acme/app/referrers/${digestOf('x')}`,
  }
  const addressOf = (route: DeclaredRoute): string => {
    if (route.door === 'distribution') {
      const address = wire[route.path]
      if (address === undefined) throw new Error(`this test does not know what to read at ${route.path}`)
      return address
    }
    if (route.door !== 'api') return route.path
    const own = values[route.path]
    const path = own === undefined ? route.path : route.path.replace(/:\w+$/, own)
    const query = route.path.endsWith('/export') ? '?ref=v1' : ''
    return `/api/v1${path.replace(/:(\w+)/g, (_, name) => values[name] ?? '1')}${query}`
  }
  return server.routes.filter(({ method, door }) => method.toUpperCase() === 'GET' && door !== 'token').map(addressOf)
}

async function read(path: string, accept = '*/*') {
  const headers = { authorization: basic(ADMIN.username, ADMIN.password), accept }
  return send(server.url, { method: 'GET', path, headers, body: undefined })
}

test('S20: no answer that can be read holds a secret, nor a hash of one, not even for the administrator', async () => {
  const paths = addresses()
  const exports = ['application/jsonl', 'text/csv'].flatMap((type) =>
    ['/api/v1/audit', '/api/v1/organizations/acme/audit'].map((path) => [path, type] as const),
  )
  const absent: string[] = []
  for (const [path, accept] of [...paths.map((path) => [path, '*/*'] as const), ...exports]) {
    const { status, text, headers } = await read(path, accept)
    if (status !== 200) absent.push(path)
    const whole = text + JSON.stringify(headers)
    for (const [what, secret] of Object.entries(secrets)) {
      expect(whole.includes(secret), `${what} in ${path}`).toBe(false)
    }
    expect(whole, path).not.toMatch(/\$argon2|PRIVATE KEY|kontor_(pat|robot|rt|inv)_[0-9A-Za-z]/)
  }
  // Nothing is damaged. All else is there, and was read.
  expect(absent.sort()).toEqual(['/api/v1/damage/1', '/invitation', '/v2/acme/app/blobs/uploads/x'])
})

test.each([
  'sort=password_hash',
  'order_by=password_hash',
  'q=password_hash%3D%24argon2',
  'fields=passwordHash',
  'select=*',
  'include=secrets',
  'filter[passwordHash]=x',
  'passwordHash=x',
])('S20: no list can be sorted, searched or widened by ?%s', async (query) => {
  // The search does take a `q`: what it looks at is below.
  const takesIt = query.startsWith('q=') ? ['/api/v1/search'] : []
  const lists = addresses().filter((path) => path.startsWith('/api/v1') && !takesIt.includes(path))
  expect(lists.length).toBeGreaterThan(25)
  for (const path of lists) {
    const { status, text } = await read(`${path}?${query}`)
    expect(status, path).toBe(400)
    expect(JSON.parse(text).title, path).toMatch(/_INVALID$/)
  }
})

test('S20: no search finds an account by what is secret of it', async () => {
  const shown = ['$argon2', 'argon2id', ...Object.values(secrets)]
  for (const type of ['user', 'organization', 'repository', 'tag']) {
    for (const secret of shown) {
      const q = encodeURIComponent(secret.slice(0, 60))
      const { status, text } = await read(`/api/v1/search?type=${type}&q=${q}`)
      expect([200, 400], q).toContain(status)
      expect(JSON.parse(text).items ?? [], `${q} as ${type}`).toEqual([])
    }
  }
})

test('S20: the filters of the audit trail choose among events, and nothing else', async () => {
  const all = (await server.admin.get('/api/v1/audit?limit=1000').expect(200)).body.items
  const events = new Set(all.map(({ id }: { id: number }) => id))
  expect(events.size).toBeGreaterThan(10)
  const hostile = [
    "' OR '1'='1",
    '%',
    '_',
    '*',
    '"',
    "x' UNION SELECT password_hash FROM account --",
    'password_hash',
    '\\',
  ]
  for (const name of ['actor', 'object']) {
    for (const text of hostile) {
      const { body } = await server.admin
        .get('/api/v1/audit')
        .query({ [name]: text })
        .expect(200)
      expect(body.items, `${name}=${text}`).toEqual([])
    }
  }
  for (const name of ['action', 'outcome', 'since', 'until']) {
    for (const text of hostile)
      await server.admin
        .get('/api/v1/audit')
        .query({ [name]: text })
        .expect(400)
  }
  for (const { id } of (await server.admin.get('/api/v1/audit?actor=admin&action=account.created').expect(200)).body
    .items) {
    expect(events).toContain(id)
  }
})
