import { open, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, openTestServer, pushBlob, type TestServer } from '../support/server.ts'

let server: TestServer
let digest: string
let url: string
const BYTES = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251))

beforeAll(async () => {
  server = await openTestServer()
  digest = await pushBlob(server.admin, 'acme/app', BYTES)
  url = `/v2/acme/app/blobs/${digest}`
})
afterAll(() => server.close())

describe('a blob', () => {
  test('is served whole, as bytes that nobody shows, repacks or forgets', async () => {
    const { headers, body } = await server.admin.get(url).set('Accept-Encoding', 'gzip, zstd').expect(200)
    expect(body).toEqual(BYTES)
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '10000',
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      etag: `"${digest}"`,
    })
    expect(headers['cache-control']).toMatch(/immutable.*no-transform/)
    expect(headers['content-encoding']).toBeUndefined()
  })

  test('has the same headers for HEAD, which knows no ranges', async () => {
    const { headers } = await server.admin.head(url).set('Range', 'bytes=0-1').expect(200)
    expect(headers).toMatchObject({ 'content-length': '10000', 'docker-content-digest': digest })
  })

  test('is found by an encoded digest as well', async () => {
    await server.admin.head(url.replace('sha256:', 'sha256%3A')).expect(200)
  })

  test('is not sent again to a client that has it', async () => {
    await server.admin.get(url).set('If-None-Match', `"${digest}"`).expect(304)
  })

  test('that is not there is a 404 in the words of the wire, to HEAD without a body', async () => {
    const { body, headers } = await server.admin.get(`/v2/acme/app/blobs/${digestOf('absent')}`).expect(404)
    expect(body.errors[0].code).toBe('BLOB_UNKNOWN')
    expect(headers['content-type']).toBe('application/json')
    await server.admin.head(`/v2/acme/app/blobs/${digestOf('absent')}`).expect(404)
  })

  test('is not a manifest, nor a manifest a blob', async () => {
    await server.admin.get(`/v2/acme/app/manifests/${digest}`).expect(404)
  })
})

describe('ranges', () => {
  test.each([
    ['bytes=0-99', 0, 99],
    ['bytes=9990-', 9990, 9999],
    ['bytes=-10', 9990, 9999],
    ['bytes=9000-99999', 9000, 9999],
    ['bytes=-99999', 0, 9999],
  ])('%s is served as what it asks for', async (range, first, last) => {
    const { headers, body } = await server.admin.get(url).set('Range', range).expect(206)
    expect(headers['content-range']).toBe(`bytes ${first}-${last}/10000`)
    expect(headers['content-length']).toBe(String(last - first + 1))
    expect(body).toEqual(BYTES.subarray(first, last + 1))
  })

  test.each(['bytes=10000-', 'bytes=500-0', 'bytes=20000-30000', 'bytes=-0'])('%s lies outside: 416', async (range) => {
    const { headers, body } = await server.admin.get(url).set('Range', range).expect(416)
    expect(headers['content-range']).toBe('bytes */10000')
    expect(body.errors[0].code).toBe('RANGE_INVALID')
  })

  test.each(['lines=0-1', 'bytes=x', 'bytes=1', 'bytes=--1'])('%s is no range: everything is sent', async (range) => {
    await server.admin.get(url).set('Range', range).expect(200)
  })

  test('several ranges come as parts, one for each, in order and unmerged', async () => {
    const { headers, body } = await server.admin
      .get(url)
      .set('Range', 'bytes=100-199,200-299,0-9')
      .buffer(true)
      .parse(asBytes)
      .expect(206)
    const boundary = /^multipart\/byteranges; boundary=([A-Za-z0-9-]+)$/.exec(headers['content-type'] ?? '')?.[1]
    expect(headers['content-length']).toBe(String(body.length))
    const parts = String(body.toString('latin1')).split(`--${boundary}`)
    expect(parts).toHaveLength(5)
    const contents = parts.slice(1, 4).map((part) => {
      const [head = '', content = ''] = part.split('\r\n\r\n')
      return { range: /Content-Range: (.*)/.exec(head)?.[1], bytes: Buffer.from(content.slice(0, -2), 'latin1') }
    })
    expect(contents).toEqual([
      { range: 'bytes 100-199/10000', bytes: BYTES.subarray(100, 200) },
      { range: 'bytes 200-299/10000', bytes: BYTES.subarray(200, 300) },
      { range: 'bytes 0-9/10000', bytes: BYTES.subarray(0, 10) },
    ])
  })

  test('1,500 ranges, as stargz asks for, are served', async () => {
    const ranges = Array.from({ length: 1500 }, (_, index) => `${index * 6}-${index * 6 + 2}`).join(',')
    const { body } = await server.admin.get(url).set('Range', `bytes=${ranges}`).buffer(true).parse(asBytes).expect(206)
    expect(body.toString('latin1').match(/Content-Range/g)).toHaveLength(1500)
  })

  test('S38: more than is reasonable is a 400, on which clients fall back', async () => {
    const overlapping = Array.from({ length: 50 }, () => '0-').join(',')
    await server.admin.get(url).set('Range', `bytes=${overlapping}`).expect(400)
    const many = Array.from({ length: 5000 }, (_, index) => `${index}-${index}`).join(',')
    await server.admin.get(url).set('Range', `bytes=${many}`).expect(400)
  })

  test('hold only for the content the client thinks of', async () => {
    await server.admin.get(url).set('Range', 'bytes=0-9').set('If-Range', `"${digest}"`).expect(206)
    await server.admin.get(url).set('Range', 'bytes=0-9').set('If-Range', '"another"').expect(200)
  })
})

describe('a small blob', () => {
  const BLOB = Buffer.from('the configuration of an image')

  test('that was read once is served whole, and in ranges, whatever becomes of its file', async () => {
    const small = await pushBlob(server.admin, 'acme/small', BLOB)
    const path = `/v2/acme/small/blobs/${small}`
    expect((await server.admin.get(path).expect(200)).body).toEqual(BLOB)
    await unlink(fileOf(small))
    const { body, headers } = await server.admin.get(path).expect(200)
    expect(body).toEqual(BLOB)
    expect(headers['content-length']).toBe(String(BLOB.length))
    expect((await server.admin.get(path).set('Range', 'bytes=4-6').expect(206)).body.toString()).toBe('con')
    // Whether it is there is what who pushes asks: said to be missing, it is pushed again, and so healed.
    await server.admin.head(path).expect(404)
    await server.admin.get(`/v2/acme/other/blobs/${small}`).expect(404)
    await server.admin.delete(path).expect(202)
    await server.admin.get(path).expect(404)
  })

  test('I12: whose bytes are not what was pushed is said to be unknown, and a push heals it', async () => {
    const bytes = Buffer.from('bytes that a disk will alter')
    const altered = await pushBlob(server.admin, 'acme/altered', bytes)
    const path = `/v2/acme/altered/blobs/${altered}`
    const file = await open(fileOf(altered), 'r+')
    await file.write('B', 0)
    await file.close()
    await server.admin.get(path).expect(404)
    await pushBlob(server.admin, 'acme/altered', bytes)
    expect((await server.admin.get(path).expect(200)).body).toEqual(bytes)
  })
})

describe('a damaged blob', () => {
  test.each([
    ['cut short', (file: string) => truncate(file, 3)],
    ['lost', (file: string) => unlink(file)],
  ])('I12, S60: that was %s is said to be unknown, and a push heals it', async (what, damage) => {
    const bytes = Buffer.from(`to be ${what}`)
    const damaged = await pushBlob(server.admin, 'acme/damaged', bytes)
    await damage(fileOf(damaged))
    await server.admin.head(`/v2/acme/damaged/blobs/${damaged}`).expect(404)
    await server.admin.get(`/v2/acme/damaged/blobs/${damaged}`).expect(404)
    await server.admin.post('/v2/acme/other/blobs/uploads/').query({ mount: damaged, from: 'acme/damaged' }).expect(202)
    await pushBlob(server.admin, 'acme/damaged', bytes)
    const { body } = await server.admin.get(`/v2/acme/damaged/blobs/${damaged}`).expect(200)
    expect(body).toEqual(bytes)
  })
})

function asBytes(response: Response, done: (error: Error | null, bytes: Buffer) => void): void {
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  response.on('end', () => done(null, Buffer.concat(chunks)))
}

/** Where the server keeps the bytes of a blob. */
function fileOf(blob: string): string {
  const hex = blob.slice('sha256:'.length)
  return join(server.dataDir, 'blobs', 'blobs', 'sha256', hex.slice(0, 2), hex)
}
