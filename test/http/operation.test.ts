import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ADMIN, basic, openTestServer, pushBlob, pushImage, type TestServer } from '../support/server.ts'

async function openServer(settings: Readonly<Record<string, unknown>> = {}): Promise<TestServer> {
  const server = await openTestServer({ settings })
  onTestFinished(() => server.close())
  return server
}

describe('health', () => {
  test('/livez and /readyz answer without credentials', async () => {
    const server = await openServer()
    expect((await server.anonymous.get('/livez').expect(200)).body).toEqual({ status: 'alive' })
    expect((await server.anonymous.get('/readyz').expect(200)).body).toEqual({ status: 'ready' })
  })

  test('/ says in a sentence what this is', async () => {
    const server = await openServer()
    expect((await server.anonymous.get('/').expect(200)).text).toContain('container image registry')
  })

  test('unknown paths outside /v2 are problems in JSON, and never the wire envelope', async () => {
    const server = await openServer()
    for (const path of ['/nothing', '/api/v1/nothing', '/V2/', '/v1/nothing']) {
      const { body, headers } = await server.anonymous.get(path).expect(404)
      expect(headers['content-type']).toBe('application/problem+json')
      expect(body).toMatchObject({ status: 404, title: 'NOT_FOUND' })
    }
  })
})

describe('metrics', () => {
  test('count requests by route, never by name, and are for auditors and administrators', async () => {
    const server = await openServer()
    await pushImage(server.admin, 'acme/hidden-name', { tag: 'v1' })
    await server.anonymous.get('/metrics').expect(401)
    const user = await server.createUser('someone')
    await user.get('/metrics').expect(403)
    const { text, headers } = await server.admin.get('/metrics').expect(200)
    expect(headers['content-type']).toContain('text/plain')
    expect(text).toContain('kontor_http_requests_total{route="manifest.put",method="PUT",status="201"} 1')
    expect(text).toContain('kontor_http_request_duration_seconds_bucket')
    expect(text).not.toContain('hidden-name')
  })

  test('are open where the setting says so', async () => {
    const server = await openServer({ metrics: { anonymous: true } })
    await server.anonymous.get('/metrics').expect(200)
  })
})

describe('behind a proxy', () => {
  const forwarded = {
    'X-Forwarded-For': '203.0.113.9, 127.0.0.2',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'registry.example',
  }

  test('that is trusted, the realm is what the client used', async () => {
    const server = await openServer({ http: { trustProxy: ['127.0.0.0/8'] } })
    const { headers } = await server.anonymous.get('/v2/').set(forwarded).expect(401)
    expect(headers['www-authenticate']).toBe('Bearer realm="https://registry.example/token",service="registry.example"')
  })

  test('that nobody trusts, the headers say nothing', async () => {
    const server = await openServer({ http: { trustProxy: ['10.0.0.0/8'] } })
    const { headers } = await server.anonymous.get('/v2/').set(forwarded).expect(401)
    expect(headers['www-authenticate']).toContain(`realm="${server.url}/token"`)
  })

  test('that hides the host, the public URL is where clients are sent', async () => {
    const server = await openServer({ http: { publicUrl: 'https://registry.example.com' } })
    const { headers } = await server.anonymous.get('/v2/').expect(401)
    expect(headers['www-authenticate']).toContain(
      'realm="https://registry.example.com/token",service="registry.example.com"',
    )
  })
})

describe('connections', () => {
  test('S49: one on which no byte moves is closed, and leaves nothing behind', async () => {
    const server = await openServer({ http: { idleTimeoutSeconds: 1 } })
    const { headers } = await server.admin.post('/v2/acme/app/blobs/uploads/').expect(202)
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `PATCH ${headers['location']} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n` +
        `Authorization: ${basic(ADMIN.username, ADMIN.password)}\r\n\r\nhalf`,
    )
    await once(socket.resume(), 'close')
    const status = await server.admin.get(String(headers['location'])).expect(204)
    expect(status.headers['range']).toBe('0-0')
  })

  test('S49: one whose head never ends, and one that never reads, are closed, and others are served meanwhile', async () => {
    const server = await openServer({ http: { idleTimeoutSeconds: 1 } })
    // More than the buffers of a connection hold.
    const digest = await pushBlob(server.admin, 'acme/app', Buffer.alloc(24 * 1024 * 1024))
    const authorization = `Authorization: ${basic(ADMIN.username, ADMIN.password)}`
    const { hostname, port } = new URL(server.url)
    const slowWriter = connect(Number(port), hostname)
    slowWriter.write('GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const slowReader = connect(Number(port), hostname).pause()
    slowReader.write(`GET /v2/acme/app/blobs/${digest} HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`)
    const inFlight = async () => {
      const { text } = await server.admin.get('/metrics').expect(200)
      return Number(/^kontor_http_requests_in_flight (\d+)$/m.exec(text)?.[1])
    }
    // The request for the number is one itself.
    await vi.waitFor(async () => expect(await inFlight()).toBe(2))
    await once(slowWriter.resume(), 'close')
    await vi.waitFor(async () => expect(await inFlight()).toBe(1), { timeout: 10_000 })
    await once(slowReader.resume(), 'close')
    expect(slowReader.bytesRead).toBeLessThan(24 * 1024 * 1024)
    await server.admin.head(`/v2/acme/app/blobs/${digest}`).expect(200)
  })

  test.each([
    ['both lengths', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a bare line feed', 'X-A: b\nContent-Length: 5'],
    ['a folded header', 'X-A: b\r\n  c\r\nContent-Length: 5'],
  ])('S55: a request with %s is refused and its connection closed', async (_what, lines) => {
    const server = await openServer()
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST /v2/acme/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n0\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    )
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(socket, 'close')
    expect(
      Buffer.concat(chunks)
        .toString()
        .match(/HTTP\/1.1 \d+/g),
    ).toEqual(['HTTP/1.1 400'])
  })

  test('a refused upload of many megabytes still gets to read its refusal', async () => {
    const server = await openServer()
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${server.url}/v2/acme/app/blobs/uploads/x`, { method: 'PATCH' }, (response) => {
        resolve(response.statusCode)
        response.resume()
      })
      request.on('error', reject)
      request.end(Buffer.alloc(20 * 1024 * 1024))
    })
    expect(status).toBe(401)
  })
})

describe('the API', () => {
  test('creates users for administrators only, shows them without secrets, and refuses what it does not know', async () => {
    const server = await openServer()
    const user = await server.createUser('erin')
    await user.post('/api/v1/users').send({ username: 'x', password: 'long enough' }).expect(403)
    await server.anonymous.post('/api/v1/users').send({}).expect(401)
    const { body } = await server.admin.get('/api/v1/users/erin').expect(200)
    expect(Object.keys(body).sort()).toEqual(['createdAt', 'disabled', 'displayName', 'email', 'role', 'username'])
    const refused = async (fields: object, status = 400) =>
      (
        await server.admin
          .post('/api/v1/users')
          .send({ username: 'frank', password: 'long enough', ...fields })
          .expect(status)
      ).body
    expect(await refused({ role: 'admin' })).toMatchObject({ title: 'BODY_INVALID' })
    expect(await refused({ username: 'Frank!' })).toMatchObject({ errors: [{ field: 'username' }] })
    expect(await refused({ username: 'library' })).toMatchObject({ title: 'BODY_INVALID' })
    expect(await refused({ password: 'short' })).toMatchObject({ errors: [{ field: 'password' }] })
    expect(await refused({ username: 'erin' }, 409)).toMatchObject({ title: 'NAME_TAKEN' })
    await server.admin.post('/api/v1/users').set('Content-Type', 'application/json').send('{"half').expect(400)
    expect((await user.get('/api/v1/user').expect(200)).body.username).toBe('erin')
  })

  test('shows repositories to those who may pull them, and deletes them for their owner', async () => {
    const server = await openServer()
    const [grace, heidi] = [await server.createUser('grace'), await server.createUser('heidi')]
    const { digest } = await pushImage(grace, 'grace/app', { tag: 'v1' })
    const path = '/api/v1/repositories/grace%2Fapp'
    expect((await grace.get(path).expect(200)).body).toMatchObject({ name: 'grace/app', visibility: 'private' })
    const forbidden = await heidi.get(path).expect(404)
    const absent = await heidi.get('/api/v1/repositories/grace%2Fnone').expect(404)
    expect({ ...forbidden.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' })
    await heidi.patch(path).send({ visibility: 'public' }).expect(404)
    await heidi.delete(path).expect(404)
    expect((await heidi.get('/api/v1/repositories').expect(200)).body.items).toEqual([])
    await grace.delete(path).expect(204)
    await grace.get(`/v2/grace/app/manifests/${digest}`).expect(404)
    await pushImage(grace, 'grace/app', { tag: 'v1' })
  })
})
