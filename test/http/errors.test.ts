import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemoryBlobStore } from '../../storage/blobs/memory/memory-blob-store.ts'
import { StorageFullError } from '../../storage/storage-full.ts'
import { ADMIN, basic, digestOf, openTestServer, pushImage, putManifest, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  await pushImage(server.admin, 'acme/app', { tag: 'v1' })
})
afterAll(() => server.close())

const ADMINISTRATOR = basic(ADMIN.username, ADMIN.password)

describe('every refusal on /v2', () => {
  test.each([
    ['get', '/v2/unknown', 404],
    ['get', '/v2/acme/app/unknown/v1', 404],
    ['get', '/v2//_catalog', 404],
    ['get', '/v2/_catalog/', 404],
    ['get', '/v2/acme/app/tags/list/', 404],
    ['post', '/v2/', 405],
    ['put', '/v2/_catalog', 405],
    ['patch', '/v2/acme/app/manifests/v1', 405],
    ['get', '/v2/acme/app/blobs/uploads/', 405],
    ['get', '/v2/acme/app/manifests/..%2f..%2fx', 400],
    ['get', '/v2/acme/app/manifests/.hidden', 400],
    ['get', '/v2/ACME/app/tags/list', 400],
    ['get', '/v2/acme/../app/tags/list', 400],
    ['get', '/v2/acme%2Fapp/tags/list', 400],
    ['get', '/v2/acme/app%00/tags/list', 400],
    ['get', '/v2/__proto__/app/tags/list', 400],
    ['get', `/v2/${'a'.repeat(256)}/tags/list`, 400],
    ['get', '/v2/acme/app/blobs/sha256:../../x', 404],
    ['get', '/v2/acme/app/blobs/sha256:..%2f..%2fx', 400],
    ['get', `/v2/acme/app/blobs/${digestOf('x').toUpperCase()}`, 400],
  ] as const)('S31: %s %s is %i in the envelope', async (method, path, status) => {
    const response = await rawRequest(server, method.toUpperCase(), path)
    expect(response.status).toBe(status)
    expect(response.headers).toContain('content-type: application/json')
    const [error] = JSON.parse(response.body).errors
    expect(error.code).toMatch(/^[A-Z_]+$/)
    expect(error.message.length).toBeGreaterThan(10)
  })

  test.each([
    '/v2//_catalog',
    '//v2/_catalog',
    '/v2/%5fcatalog',
    '/v2/_catalog%2f',
    '/v2/_catalog/',
    '/v2/_catalog;x',
    '/v2/./_catalog',
    '/v2/x/../_catalog',
    '/v2/..;/v2/_catalog',
    '/v2\\_catalog',
    '/V2/_catalog',
    '/v2/_CATALOG',
    '/api/../v2/_catalog',
    '/token/../v2/_catalog',
  ])('S30: %s is no other way to the catalogue, for nobody', async (path) => {
    for (const authorization of ['', ADMINISTRATOR]) {
      const { status, body } = await rawRequest(server, 'GET', path, authorization)
      expect([400, 401, 404]).toContain(status)
      expect(body).not.toMatch(/repositories|acme/)
    }
  })

  test('a wrong method is told which ones there are', async () => {
    const { headers } = await server.admin.post('/v2/acme/app/tags/list').expect(405)
    expect(headers['allow']).toBe('GET, HEAD')
  })

  test('S31: names of 10 kB are refused within a moment', async () => {
    const before = performance.now()
    for (const name of ['a'.repeat(10_000), 'a-'.repeat(5_000), 'a/'.repeat(5_000), '_'.repeat(10_000)]) {
      await server.admin.get(`/v2/${name}x/tags/list`).expect(400)
    }
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('a small body is read to its end before it is refused, or containerd reports a closed pipe instead', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    let received = ''
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString()
    })
    socket.write('PUT /v2/acme/app/manifests/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{')
    // By the time that others have been answered, this request has been looked at.
    for (let other = 0; other < 5; other++) await server.admin.get('/v2/').expect(200)
    expect(received).toBe('')
    socket.write('}')
    await once(socket, 'data')
    expect(received).toContain('401 Unauthorized')
    socket.destroy()
  })

  test('what is no HTTP at all is refused and the connection closed', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write('NONSENSE\r\n\r\n')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1.1 400 /)
    expect(String(answer)).toContain('"errors"')
    await once(socket, 'close')
  })

  test('a head of more than 64 KiB is refused with 431', async () => {
    await server.admin.get('/v2/').set('X-Large', 'x'.repeat(70_000)).expect(431)
  })
})

describe('pages', () => {
  beforeAll(async () => {
    const { digest, manifest } = await pushImage(server.admin, 'acme/paged')
    const tags = ['B', 'a', 'c', 'd', 'e']
    await putManifest(server.admin, 'acme/paged', digest, manifest).query({ tag: tags }).expect(201)
  })

  test('of tags come in ASCII order with a link to the next', async () => {
    const first = await server.admin.get('/v2/acme/paged/tags/list').query({ n: 2 }).expect(200)
    expect(first.body).toEqual({ name: 'acme/paged', tags: ['B', 'a'] })
    expect(first.headers['link']).toBe('</v2/acme/paged/tags/list?n=2&last=a>; rel="next"')
    const second = await server.admin.get('/v2/acme/paged/tags/list?n=2&last=a').expect(200)
    expect(second.body.tags).toEqual(['c', 'd'])
    const last = await server.admin.get('/v2/acme/paged/tags/list?n=2&last=d').expect(200)
    expect(last.body.tags).toEqual(['e'])
    expect(last.headers['link']).toBeUndefined()
  })

  test('go on from a tag that does not exist', async () => {
    const { body } = await server.admin.get('/v2/acme/paged/tags/list?last=bbb').expect(200)
    expect(body.tags).toEqual(['c', 'd', 'e'])
  })

  test('of nothing are empty and lead nowhere', async () => {
    const { body, headers } = await server.admin.get('/v2/acme/paged/tags/list?n=0').expect(200)
    expect(body.tags).toEqual([])
    expect(headers['link']).toBeUndefined()
  })

  test('S12: of any size asked for are bounded, and nonsense is refused', async () => {
    for (const n of ['1000000000', '99999999999999999999']) await server.admin.get(`/v2/_catalog?n=${n}`).expect(200)
    for (const n of ['-1', '1e3', '1e400', 'NaN', '', ' 1', '0x10', '1'.repeat(30)]) {
      const { body } = await server.admin.get('/v2/_catalog').query({ n }).expect(400)
      expect(body.errors[0].code).toBe('PAGINATION_NUMBER_INVALID')
    }
    await server.admin.get('/v2/_catalog?n=1&n=2').expect(200)
  })

  test('of the catalogue link to the next', async () => {
    const { body, headers } = await server.admin.get('/v2/_catalog?n=1').expect(200)
    expect(body.repositories).toEqual(['acme/app'])
    expect(headers['link']).toBe('</v2/_catalog?n=1&last=acme%2Fapp>; rel="next"')
  })
})

describe('a fault of the server', () => {
  test('S61: is a 500 in the envelope that names the request and hides the cause', async () => {
    const secret = 'the disk at /very/private/path is broken'
    const faulty = await openTestServer({
      overrides: {
        async openBlobStore() {
          const store = createMemoryBlobStore()
          return {
            ...store,
            startUpload: () => Promise.reject(new Error(secret)),
          }
        },
      },
    })
    try {
      const { body, headers, text } = await faulty.admin.post('/v2/acme/app/blobs/uploads/').expect(500)
      expect(body.errors[0]).toMatchObject({ code: 'UNKNOWN', detail: { requestId: headers['x-request-id'] } })
      expect(text).not.toContain(secret)
      await faulty.admin.get('/v2/').expect(200)
    } finally {
      await faulty.close()
    }
  })

  test('S61: for want of room is a 507 that says so, and reading goes on', async () => {
    let isFull = false
    const full = await openTestServer({
      overrides: {
        async openBlobStore() {
          const store = createMemoryBlobStore()
          return {
            ...store,
            startUpload: () => (isFull ? Promise.reject(new StorageFullError('no room')) : store.startUpload()),
          }
        },
      },
    })
    try {
      const { digest } = await pushImage(full.admin, 'acme/app', { tag: 'v1' })
      isFull = true
      const { body } = await full.admin.post('/v2/acme/app/blobs/uploads/').expect(507)
      expect(body.errors[0]).toMatchObject({ code: 'STORAGE_FULL' })
      await full.admin.get(`/v2/acme/app/manifests/${digest}`).expect(200)
      isFull = false
      await full.admin.post('/v2/acme/app/blobs/uploads/').expect(202)
    } finally {
      await full.close()
    }
  })
})

/** A request whose path no client library has tidied up. */
async function rawRequest({ url }: TestServer, method: string, path: string, authorization = ADMINISTRATOR) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: test\r\n${authorization === '' ? '' : `Authorization: ${authorization}\r\n`}Content-Length: 0\r\nConnection: close\r\n\r\n`,
  )
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), headers: head.toLowerCase(), body }
}
