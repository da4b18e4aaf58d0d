import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DeclaredRoute } from '../../server/declared-routes.ts'
import {
  ADMIN,
  basic,
  digestOf,
  OCI_MANIFEST,
  openTestServer,
  pushBlob,
  pushImage,
  putManifest,
  type TestServer,
} from '../support/server.ts'
import { type Answer, requestOf, send } from './access-matrix/requests.ts'

const ADMINISTRATOR = basic(ADMIN.username, ADMIN.password)
const HOSTILE = `"'></title><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1)`

let server: TestServer
let invitation: string

beforeAll(async () => {
  server = await openTestServer()
  await server.admin.post('/api/v1/organizations').send({ name: 'acme', displayName: HOSTILE }).expect(201)
  await server.createUser('mia')
  await pushImage(server.admin, 'acme/app', { tag: 'v1', fields: { annotations: { [HOSTILE]: HOSTILE } } })
  await server.admin.patch('/api/v1/repositories/acme%2Fapp').send({ visibility: 'public' }).expect(200)
  const { body } = await server.admin.post('/api/v1/invitations').send({ note: HOSTILE }).expect(201)
  invitation = `/invitation?token=${body.token}`
})
afterAll(() => server.close())

/** Asks for a route as the administrator, of things that are there. */
function ask(route: DeclaredRoute, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const request = requestOf(route, { repository: 'acme/app', organization: 'acme' }, ADMINISTRATOR)
  return send(server.url, { ...request, headers: { ...request.headers, ...headers } })
}

function isWrite({ method }: DeclaredRoute): boolean {
  return !['GET', 'HEAD'].includes(method.toUpperCase())
}

function nameOf({ method, path }: DeclaredRoute): string {
  return `${method.toUpperCase()} ${path}`
}

/** Expects that a browser that gets an answer shows no page, whatever is in it. */
function expectNoPage({ headers }: { readonly headers: Answer['headers'] }, what: string): void {
  expect(headers['content-type'] ?? '', what).not.toMatch(/html|xml|svg|javascript/)
  expect(headers['x-content-type-options'], what).toBe('nosniff')
}

describe('S21: what somebody else wrote', () => {
  test('is text on every page, and nothing on a page may run', async () => {
    const pages = ['/api', '/invitation', invitation, `/invitation?token=${encodeURIComponent(HOSTILE)}`]
    for (const path of pages) {
      const { text, headers } = await server.anonymous.get(path)
      expect(headers['content-type'], path).toBe('text/html; charset=utf-8')
      expect(text, path).not.toMatch(/<script|<img|<svg|<iframe|href="javascript:| style=| on\w+=["']/i)
      expect(headers['content-security-policy'], path).toMatch(/^default-src 'none'; /)
      expect(headers['content-security-policy'], path).not.toMatch(/unsafe|\*|https?:|data:/)
      expect(headers['x-content-type-options'], path).toBe('nosniff')
    }
    const { text } = await server.anonymous.get(invitation).expect(200)
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  })

  test('is nowhere else taken for a page: every answer says what it is, and that it is nothing else', async () => {
    const pages = new Set(['/api', '/invitation'])
    const read = server.routes.filter((route) => !isWrite(route) && !pages.has(route.path))
    expect(read.length).toBeGreaterThan(40)
    for (const route of read) expectNoPage(await ask(route), nameOf(route))
    for (const path of [
      '/v2/<script>/tags/list',
      '/<script>',
      '/api/v1/users/<script>',
      '/api/v1/%ff',
      '/token?scope=<script>',
    ]) {
      const request = { method: 'GET', path: encodeURI(path), headers: {}, body: undefined }
      expectNoPage(await send(server.url, request), path)
    }
  })

  test('is served by the wire as what Kontor knows it to be, and to be saved, not shown', async () => {
    const page = `<!doctype html>${HOSTILE}`
    const digest = await pushBlob(server.admin, 'acme/app', page)
    const blob = `/v2/acme/app/blobs/${digest}`
    for (const range of ['', 'bytes=0-9', 'bytes=0-9,20-29']) {
      const answer = await server.anonymous
        .get(blob)
        .set({ Authorization: ADMINISTRATOR, Accept: 'text/html', Range: range })
      expectNoPage(answer, `the blob, ${range}`)
      expect(answer.headers['content-disposition']).toBe('attachment')
      expect(answer.headers['content-type']).toMatch(/^(application\/octet-stream|multipart\/byteranges; .*)$/)
    }
    const manifest = await server.admin.get('/v2/acme/app/manifests/v1').set('Accept', 'text/html').expect(200)
    expect(manifest.headers['content-type']).toBe(OCI_MANIFEST)
    expectNoPage(manifest, 'the manifest')
  })

  test.each(['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/html; charset=utf-8'])(
    'cannot be pushed as a manifest of the type %s',
    async (type) => {
      const manifest = JSON.stringify({ schemaVersion: 2, mediaType: type, config: {}, layers: [] })
      await putManifest(server.admin, 'acme/app', 'page', manifest, type).expect(400)
      await putManifest(server.admin, 'acme/app', digestOf(manifest), manifest, 'application/json').expect(400)
      await server.admin.get('/v2/acme/app/manifests/page').expect(404)
    },
  )
})

describe('S22: what a page of another site makes a browser send', () => {
  test.each([
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'something new' },
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'its own' },
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://localhost' },
  ])('with %j is refused wherever it could change something, before it is even asked who sent it', async (sent) => {
    const headers = Object.fromEntries(
      Object.entries(sent).map(([name, value]) => [name, value === 'its own' ? server.url : value]),
    )
    const writes = server.routes.filter(isWrite)
    expect(writes.length).toBeGreaterThan(30)
    for (const route of writes) {
      for (const authorization of [ADMINISTRATOR, basic('admin', 'wrong')]) {
        const { status, text } = await ask(route, { ...headers, authorization })
        expect(status, nameOf(route)).toBe(403)
        const body = JSON.parse(text)
        expect(body.title ?? body.errors[0].code, nameOf(route)).toBe(route.door === 'api' ? 'CROSS_SITE' : 'DENIED')
        expect(text).toContain('another site')
      }
    }
    await server.admin.get('/api/v1/user').expect(200)
  })

  test('may read, but is not told what it read', async () => {
    for (const path of ['/api/v1/user', '/v2/', '/token', '/api']) {
      const { headers } = await server.admin
        .get(path)
        .set({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' })
      expect(
        Object.keys(headers).filter((name) => name.startsWith('access-control-')),
        path,
      ).toEqual([])
    }
  })

  test('is allowed by no preflight, nor by any other answer', async () => {
    const headers = {
      Origin: 'https://evil.example',
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'authorization',
    }
    for (const route of server.routes) {
      for (const method of [route.method, 'OPTIONS']) {
        const request = requestOf(route, { repository: 'acme/app', organization: 'acme' }, undefined)
        const answer = await send(server.url, { ...request, method, headers, body: undefined })
        const allowing = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))
        expect(allowing, `${method} ${route.path}`).toEqual([])
      }
    }
  })

  test.each([
    ['text/plain', '{"name":"sent-by-a-form"}'],
    ['application/x-www-form-urlencoded', 'name=sent-by-a-form'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nsent-by-a-form\r\n--x--',
    ],
    ['', '{"name":"sent-by-a-form"}'],
  ])('as a form does, a body of the type "%s", is no JSON and is told so', async (type, body) => {
    const headers: Record<string, string> = {
      authorization: ADMINISTRATOR,
      ...(type !== '' && { 'content-type': type }),
    }
    for (const framing of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const request = { method: 'POST', path: '/api/v1/organizations', headers: { ...headers, ...framing }, body }
      const { status, text } = await send(server.url, request)
      expect(status).toBe(415)
      expect(JSON.parse(text)).toMatchObject({
        title: 'UNSUPPORTED_MEDIA_TYPE',
        detail: 'send the body as JSON, with Content-Type: application/json',
      })
    }
    await server.admin.get('/api/v1/organizations/sent-by-a-form').expect(404)
  })
})

describe('S22: what is no page of another site', () => {
  test.each([
    ['a client that is no browser', {}],
    ['a page of the registry', { 'Sec-Fetch-Site': 'same-origin', Origin: 'its own' }],
    ['a page of the registry, in an old browser', { Origin: 'its own' }],
    ['its user, who typed it', { 'Sec-Fetch-Site': 'none' }],
  ])('%s is served', async (_, sent) => {
    const headers = Object.fromEntries(
      Object.entries(sent).map(([name, value]) => [name, value === 'its own' ? server.url : value]),
    )
    const { body } = await server.admin.post('/api/v1/user/tokens').set(headers).send({ name: 'test' }).expect(201)
    await server.admin.delete(`/api/v1/user/tokens/${body.id}`).set(headers).expect(204)
    await server.admin.post('/v2/acme/app/blobs/uploads/').set(headers).expect(202)
    await server.as('').post('/token').type('form').set(headers).send({ grant_type: 'magic' }).expect(400)
  })

  test('JSON is taken with a charset, too', async () => {
    const type = 'application/json; charset=utf-8'
    await server.admin.post('/api/v1/user/tokens').set('Content-Type', type).send('{"name":"test"}').expect(201)
  })

  test('a browser behind a proxy is on the site that it sees', async () => {
    const origin = 'https://registry.example'
    const proxied = await openTestServer({ settings: { http: { publicUrl: origin } } })
    try {
      const create = (from: string) => proxied.admin.post('/api/v1/user/tokens').set('Origin', from).send({ name: 'x' })
      await create(origin).expect(201)
      const { body } = await create(proxied.url).expect(403)
      expect(body.detail).toContain(`send it from a page of ${origin}`)
    } finally {
      await proxied.close()
    }
  })
})

test('S22: a cookie is no credential, wherever it is sent', async () => {
  const cookie = `session=${ADMIN.password}; authorization=${encodeURIComponent(ADMINISTRATOR)}; token=x`
  for (const route of server.routes.filter(({ access }) => access.kind !== 'public' && access.kind !== 'repository')) {
    const request = requestOf(route, { repository: 'acme/app', organization: 'acme' }, undefined)
    const answer = await send(server.url, { ...request, headers: { cookie } })
    expect(answer.status, nameOf(route)).toBe(401)
    expect(answer.headers['set-cookie'], nameOf(route)).toBeUndefined()
  }
})

test('S23: no page may be put into a frame', async () => {
  let shown = 0
  for (const route of server.routes.filter(
    ({ door, method }) => door === 'page' || (door === 'api' && method === 'get'),
  )) {
    const { headers, status } = await ask(route)
    expect(status, nameOf(route)).toBeLessThan(500)
    expect(headers['content-security-policy'], nameOf(route)).toContain("frame-ancestors 'none'")
    if (headers['content-type']?.includes('html')) shown += 1
  }
  expect(shown).toBeGreaterThanOrEqual(2)
})
