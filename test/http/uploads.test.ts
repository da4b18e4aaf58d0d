import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, basic, type Client, digestOf, openTestServer, pushBlob, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.close())

const BYTES = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz')
const DIGEST = digestOf(BYTES)

async function startUpload(client: Client, repository = 'acme/app'): Promise<string> {
  const { headers } = await client.post(`/v2/${repository}/blobs/uploads/`).expect(202)
  return String(headers['location'])
}

function patch(client: Client, location: string, bytes: Buffer, range?: string) {
  const request = client.patch(location).set('Content-Type', 'application/octet-stream')
  return (range === undefined ? request : request.set('Content-Range', range)).send(bytes)
}

function finish(client: Client, location: string, digest: string, bytes?: Buffer) {
  return client
    .put(location)
    .query({ digest })
    .set('Content-Type', 'application/octet-stream')
    .send(bytes ?? Buffer.alloc(0))
}

describe('starting an upload', () => {
  test.each(['/v2/acme/app/blobs/uploads/', '/v2/acme/app/blobs/uploads'])('works at %s', async (path) => {
    const { headers } = await server.admin.post(path).expect(202)
    expect(headers['location']).toMatch(/^\/v2\/acme\/app\/blobs\/uploads\/[\w-]+$/)
    expect(headers['docker-upload-uuid']).toBe(String(headers['location']).split('/').at(-1))
    expect(headers['range']).toBe('0-0')
    expect(headers['content-length']).toBe('0')
  })

  test('of a name without a namespace is one of the official images', async () => {
    expect(await startUpload(server.admin, 'nginx')).toMatch(/^\/v2\/library\/nginx\/blobs\/uploads\//)
  })
})

describe('the ways to upload a blob', () => {
  test('all at once with POST', async () => {
    const { headers } = await server.admin
      .post('/v2/acme/post/blobs/uploads/')
      .query({ digest: DIGEST })
      .send(BYTES)
      .expect(201)
    expect(headers['location']).toBe(`/v2/acme/post/blobs/${DIGEST}`)
    expect(headers['docker-content-digest']).toBe(DIGEST)
    const { body } = await server.admin.get(`/v2/acme/post/blobs/${DIGEST}`).expect(200)
    expect(body).toEqual(BYTES)
  })

  test('POST, then everything with PUT', async () => {
    await finish(server.admin, await startUpload(server.admin), DIGEST, BYTES).expect(201)
  })

  test('POST, one streamed PATCH, PUT', async () => {
    const location = await startUpload(server.admin)
    const { headers } = await patch(server.admin, location, BYTES).expect(202)
    expect(headers['range']).toBe('0-35')
    await finish(server.admin, location, DIGEST).expect(201)
  })

  test('in numbered chunks, with the last in the PUT', async () => {
    const location = await startUpload(server.admin)
    await patch(server.admin, location, BYTES.subarray(0, 10), '0-9').expect(202)
    await patch(server.admin, location, BYTES.subarray(10, 20), '10-19').expect(202)
    await finish(server.admin, location, DIGEST, BYTES.subarray(20)).set('Content-Range', '20-35').expect(201)
  })

  test('by sha512, whichever way the bytes came', async () => {
    const digest = digestOf(BYTES, 'sha512')
    const location = await startUpload(server.admin)
    await patch(server.admin, location, BYTES).expect(202)
    const { headers } = await finish(server.admin, location, digest).expect(201)
    expect(headers['docker-content-digest']).toBe(digest)
    await server.admin.get(`/v2/acme/app/blobs/${digest}`).expect(200)
  })

  test('with no bytes at all', async () => {
    const digest = digestOf('')
    await finish(server.admin, await startUpload(server.admin), digest).expect(201)
    const { headers } = await server.admin.get(`/v2/acme/app/blobs/${digest}`).expect(200)
    expect(headers['content-length']).toBe('0')
  })
})

describe('chunks that do not fit', () => {
  test.each([
    ['a gap', '20-35'],
    ['an overlap', '5-14'],
    ['the beginning again', '0-9'],
    ['S39: beyond any file', '9007199254740000-9007199254740009'],
  ])('S39: %s is answered with 416, how far the upload got, and no change', async (_what, range) => {
    const location = await startUpload(server.admin)
    await patch(server.admin, location, BYTES.subarray(0, 10), '0-9').expect(202)
    const { headers, body } = await patch(server.admin, location, BYTES.subarray(0, 10), range).expect(416)
    expect(headers).toMatchObject({ location, range: '0-9' })
    expect(body.errors[0].code).toBe('RANGE_INVALID')
    const status = await server.admin.get(location).expect(204)
    expect(status.headers['range']).toBe('0-9')
  })

  test.each(['9-0', 'abc', '-5', '1-', '0-9,10-19'])(
    'S39: Content-Range %s is refused without a change',
    async (range) => {
      const location = await startUpload(server.admin)
      await patch(server.admin, location, BYTES.subarray(0, 10), range).expect(416)
      await finish(server.admin, location, DIGEST, BYTES).expect(201)
    },
  )

  test('S39: a Content-Range that spans other than Content-Length is refused without a change', async () => {
    const location = await startUpload(server.admin)
    await patch(server.admin, location, BYTES.subarray(0, 10), '0-19').expect(416)
    await finish(server.admin, location, DIGEST, BYTES).expect(201)
  })

  test('a closing PUT out of order is refused, and the upload lives on', async () => {
    const location = await startUpload(server.admin)
    await patch(server.admin, location, BYTES.subarray(0, 10), '0-9').expect(202)
    await finish(server.admin, location, DIGEST, BYTES.subarray(20)).set('Content-Range', '20-35').expect(416)
    await finish(server.admin, location, DIGEST, BYTES.subarray(10)).set('Content-Range', '10-35').expect(201)
  })
})

describe('a wrong digest', () => {
  test('S43: ends the upload with 400 and leaves nothing behind', async () => {
    const location = await startUpload(server.admin)
    const wrong = digestOf('something else')
    const { body } = await finish(server.admin, location, wrong, BYTES).expect(400)
    expect(body.errors[0]).toMatchObject({ code: 'DIGEST_INVALID', detail: { expected: wrong, actual: DIGEST } })
    await server.admin.get(location).expect(404)
    await server.admin.head(`/v2/acme/app/blobs/${wrong}`).expect(404)
    expect(await filesOf(server, 'blobs')).not.toContain(wrong.slice('sha256:'.length))
    await server.admin.post('/v2/acme/app/blobs/uploads/').query({ digest: wrong }).send(BYTES).expect(400)
  })

  test.each(['', 'sha256:short', 'md5:d41d8cd98f00b204e9800998ecf8427e', '__proto__:x', 'constructor:x'])(
    'S32: %s is no digest',
    async (digest) => {
      const location = await startUpload(server.admin)
      const { body } = await finish(server.admin, location, digest, BYTES).expect(400)
      expect(body.errors[0].code).toBe('DIGEST_INVALID')
      await server.admin.post('/v2/acme/app/blobs/uploads/').query({ digest }).send(BYTES).expect(400)
    },
  )
})

describe('whose upload it is', () => {
  test('S09: for another user, repository or nobody it does not exist', async () => {
    const alice = await server.createUser('alice')
    const location = await startUpload(alice, 'alice/app')
    await patch(alice, location, BYTES).expect(202)
    const elsewhere = location.replace('alice/app', 'alice/other')
    for (const [client, url, status] of [
      [server.admin, location, 404],
      [alice, elsewhere, 404],
      [server.anonymous, location, 401],
    ] as const) {
      await client.get(url).expect(status)
      await patch(client, url, BYTES).expect(status)
      await finish(client, url, DIGEST).expect(status)
      await client.delete(url).expect(status)
    }
    await finish(alice, location, DIGEST).expect(201)
  })

  test('S48: whoever has too many open is told to finish or cancel some, and others are not held up', async () => {
    const small = await openTestServer({ settings: { uploads: { maxSessionsPerUser: 2 } } })
    try {
      const mia = await small.createUser('mia')
      const [first] = [await startUpload(mia, 'mia/app'), await startUpload(mia, 'mia/other')]
      const { body } = await mia.post('/v2/mia/app/blobs/uploads/').expect(429)
      expect(body.errors[0]).toMatchObject({ code: 'TOOMANYREQUESTS' })
      expect(body.errors[0].message).toContain('you have 2 uploads that are not finished')
      await startUpload(small.admin, 'acme/app')
      // A mount that finds nothing is an upload like any other.
      await mia.post('/v2/mia/app/blobs/uploads/').query({ mount: DIGEST }).expect(429)
      await pushBlob(mia, 'mia/app', 'in one request')
      await finish(mia, first, DIGEST, BYTES).expect(201)
      await startUpload(mia, 'mia/app')
    } finally {
      await small.close()
    }
  })

  test('an upload that was cancelled is gone', async () => {
    const location = await startUpload(server.admin)
    await patch(server.admin, location, BYTES).expect(202)
    await server.admin.delete(location).expect(204)
    await server.admin.get(location).expect(404)
    const { body } = await server.admin.delete(location).expect(404)
    expect(body.errors[0].code).toBe('BLOB_UPLOAD_UNKNOWN')
  })
})

describe('two requests at once', () => {
  test('S41: of two chunks for the same place exactly one is taken', async () => {
    const location = await startUpload(server.admin)
    const answers = await Promise.all([
      patch(server.admin, location, BYTES, '0-35'),
      patch(server.admin, location, BYTES, '0-35'),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 416])
    await finish(server.admin, location, DIGEST).expect(201)
  })

  test('S42: two ends of one upload are one commit, and both are told so', async () => {
    const location = await startUpload(server.admin, 'acme/twice')
    await patch(server.admin, location, BYTES).expect(202)
    const answers = await Promise.all([finish(server.admin, location, DIGEST), finish(server.admin, location, DIGEST)])
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    const { body } = await server.admin.get(`/v2/acme/twice/blobs/${DIGEST}`).expect(200)
    expect(body).toEqual(BYTES)
  })

  test('the same blob by many clients at once is one blob, and all succeed', async () => {
    const bytes = Buffer.alloc(300_000, 'many')
    await Promise.all(Array.from({ length: 8 }, (_, index) => pushBlob(server.admin, `acme/many${index % 3}`, bytes)))
    const hex = digestOf(bytes).slice('sha256:'.length)
    expect((await filesOf(server, 'blobs')).filter((name) => name === hex)).toHaveLength(1)
  })
})

describe('a client that goes away in the middle', () => {
  test('S40: of a body sent as one piece nothing is kept', async () => {
    const bytes = Buffer.alloc(100_000, 1)
    const location = await startUpload(server.admin)
    await abortMidway(server, location, bytes, undefined)
    const { headers } = await server.admin.get(location).expect(204)
    expect(headers['range']).toBe('0-0')
    await server.admin.head(`/v2/acme/app/blobs/${digestOf(bytes)}`).expect(404)
    await finish(server.admin, location, digestOf(bytes), bytes).expect(201)
  })

  test('S40: of a numbered chunk what arrived is kept, and the client can go on from there', async () => {
    const bytes = Buffer.alloc(100_000, 2)
    const location = await startUpload(server.admin)
    await patch(server.admin, location, bytes.subarray(0, 10_000), '0-9999').expect(202)
    await abortMidway(server, location, bytes.subarray(10_000), '10000-99999')
    const { headers } = await server.admin.get(location).expect(204)
    const offset = Number(String(headers['range']).split('-')[1]) + 1
    expect(offset).toBeGreaterThanOrEqual(10_000)
    expect(offset).toBeLessThan(100_000)
    await server.admin.head(`/v2/acme/app/blobs/${digestOf(bytes)}`).expect(404)
    await finish(server.admin, location, digestOf(bytes), bytes.subarray(offset)).expect(201)
  })
})

test('S40: of a client that waited to be told to go on, and went away in the middle, nothing is kept either', async () => {
  const location = await startUpload(server.admin)
  await abortMidway(server, location, Buffer.alloc(100_000, 3), undefined, { waitsToGoOn: true })
  const { headers } = await server.admin.get(location).expect(204)
  expect(headers['range']).toBe('0-0')
  await finish(server.admin, location, DIGEST, BYTES).expect(201)
})

/** Sends the head and half of a body, then cuts the connection. */
async function abortMidway(
  { url }: TestServer,
  location: string,
  body: Buffer,
  range: string | undefined,
  { waitsToGoOn = false } = {},
): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const head = [
    `PATCH ${location} HTTP/1.1`,
    'Host: test',
    `Authorization: ${basic(ADMIN.username, ADMIN.password)}`,
    `Content-Length: ${body.length}`,
    ...(range === undefined ? [] : [`Content-Range: ${range}`]),
    ...(waitsToGoOn ? ['Expect: 100-continue'] : []),
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  if (waitsToGoOn) expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 100 /)
  await new Promise((resolve) => socket.write(body.subarray(0, body.length / 2), resolve))
  socket.destroy()
  await once(socket, 'close')
}

async function filesOf({ dataDir }: TestServer, folder: string): Promise<string[]> {
  const entries = await readdir(join(dataDir, folder), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}
