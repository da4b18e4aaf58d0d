import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientRequest, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { configSchema } from '../../../config/schema.ts'
import { composeServer } from '../../../server/compose.ts'
import { type ArchivedTestImage, archivedImage, ociLayout, randomImage, tarOf } from '../../support/archives.ts'
import { ADMIN, basic, type Client, digestOf, openTestServer, type TestServer } from '../../support/server.ts'
import { storedState } from '../access-matrix/stored-state.ts'

let server: TestServer
let alice: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
})
afterAll(() => server.close())

function importInto(repository: string, image: ArchivedTestImage, tag: string) {
  return alice
    .post(`/api/v1/repositories/${encodeURIComponent(repository)}/import`)
    .attach('archive', tarOf(ociLayout(image, tag)), 'image.tar')
}

/** Begins an import by hand, and sends so much of the archive. */
function sendPart(
  url: string,
  part: Buffer,
  repository = 'library/half',
  username: string = ADMIN.username,
): ClientRequest {
  const path = `/api/v1/repositories/${encodeURIComponent(repository)}/import`
  const password = username === ADMIN.username ? ADMIN.password : `password of ${username}`
  const request = httpRequest(new URL(path, url), {
    method: 'POST',
    headers: {
      authorization: basic(username, password),
      'content-type': 'multipart/form-data; boundary=x',
    },
  })
  request.on('error', () => {})
  request.write('--x\r\nContent-Disposition: form-data; name="archive"; filename="a"\r\n\r\n')
  request.write(part)
  return request
}

/** Sends the first half of an archive, and comes back when some of it is in the store. */
async function beginImport(
  { url, dataDir }: Pick<TestServer, 'url' | 'dataDir'>,
  image: ArchivedTestImage,
): Promise<ClientRequest> {
  const archive = tarOf(ociLayout(image, 'v1'))
  const request = sendPart(url, archive.subarray(0, archive.length / 2))
  await vi.waitFor(() => expect(stagedFiles(dataDir).length).toBeGreaterThan(1), { timeout: 10_000 })
  return request
}

function stagedFiles(dataDir: string): string[] {
  return readdirSync(join(dataDir, 'blobs', 'uploads'))
}

test('a client that goes away in the middle leaves nothing behind', async () => {
  const before = storedState(server.dataDir)
  const request = await beginImport(server, randomImage(6, 500_000))
  request.destroy()
  await vi.waitFor(() => expect(stagedFiles(server.dataDir)).toEqual([]), { timeout: 10_000 })
  expect(storedState(server.dataDir)).toEqual(before)
})

test('I7: a right that is taken away in the middle is gone, and none of the archive is kept', async () => {
  const archive = tarOf(ociLayout(randomImage(2, 4_000_000), 'v1'))
  await server.admin.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await server.admin.put('/api/v1/organizations/acme/members/alice').send({ role: 'manager' }).expect(201)
  const request = sendPart(server.url, archive.subarray(0, archive.length / 2), 'acme/taken', 'alice')
  await vi.waitFor(() => expect(stagedFiles(server.dataDir).length).toBeGreaterThan(1), { timeout: 10_000 })
  await server.admin.delete('/api/v1/organizations/acme/members/alice').expect(204)
  request.write(archive.subarray(archive.length / 2))
  request.end('\r\n--x--\r\n')
  const [response] = await once(request, 'response')
  expect(response.statusCode).toBe(404)
  expect(stagedFiles(server.dataDir)).toEqual([])
  await server.admin.get('/api/v1/repositories/acme%2Ftaken').expect(404)
})

test('a server that is stopped in the middle leaves nothing behind', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-import-'))
  try {
    const http = { port: 0, drainSeconds: 1 }
    const config = configSchema.parse({ dataDir, http, admin: ADMIN, log: { level: 'silent' } })
    const stopped = await composeServer(config)
    const { url } = await stopped.listen()
    await beginImport({ url, dataDir }, randomImage(6, 500_000))
    await stopped.close()
    expect(stagedFiles(dataDir)).toEqual([])
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a refusal is heard before all of an archive was sent', async () => {
  // The form has not ended, and never will.
  const request = sendPart(server.url, Buffer.from('no archive at all '.repeat(100)))
  const [response] = await once(request, 'response')
  expect(response.statusCode).toBe(422)
  request.destroy()
})

test('imports that would keep more in memory than all may have wait for each other, and are told so', async () => {
  const documents = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: `document-${index}.json`,
      content: `{"rootfs":"${'x'.repeat(4_000_000)}"}`,
    }))
  // What comes last is no document: once it is in the store, all the documents are in memory.
  const part = tarOf([...documents(7), { name: 'last', content: 'x' }], { hasEnd: false })
  const waiting = [sendPart(server.url, part), sendPart(server.url, part)]
  await vi.waitFor(() => expect(stagedFiles(server.dataDir)).toHaveLength(2), { timeout: 10_000 })
  const tryAnother = () =>
    alice.post('/api/v1/repositories/alice%2Fbusy/import').attach('archive', tarOf(documents(3)), 'image.tar')
  const { status, headers, body } = await tryAnother()
  expect(status).toBe(503)
  expect(headers['retry-after']).toBe('60')
  expect(body).toMatchObject({ title: 'UNAVAILABLE', detail: expect.stringContaining('try again') })
  for (const request of waiting) request.destroy()
  // What they held is given back: now it is the archive that is no good.
  await vi.waitFor(async () => expect((await tryAnother()).status).toBe(422), { timeout: 10_000 })
})

test('imports of the same image at once all succeed, whoever comes first', async () => {
  const image = randomImage(4, 200_000)
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => importInto('alice/parallel', image, `v${index}`)),
  )
  for (const { status, body } of answers) {
    expect(status).toBe(201)
    expect(body.images[0].digest).toBe(image.digest)
    expect(body.blobs.added + body.blobs.known).toBe(5)
  }
  const { body } = await alice.get('/v2/alice/parallel/tags/list').expect(200)
  expect(body.tags).toHaveLength(8)
  const layer = image.layers[0] ?? Buffer.alloc(0)
  const pulled = await alice
    .get(`/v2/alice/parallel/blobs/${digestOf(layer)}`)
    .buffer(true)
    .expect(200)
  expect(digestOf(pulled.body)).toBe(digestOf(layer))
  expect(stagedFiles(server.dataDir)).toEqual([])
})

test('imports of many at once that refuse each other nothing but memory', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => importInto(`alice/many-${index}`, archivedImage(`many ${index}`), 'v1')),
  )
  expect(answers.map(({ status }) => status)).toEqual(new Array(12).fill(201))
})

test('an archived repository takes no archive, and none of it is kept', async () => {
  const image = archivedImage('archived')
  await importInto('alice/archived', image, 'v1').expect(201)
  await alice.patch('/api/v1/repositories/alice%2Farchived').send({ state: 'archived' }).expect(200)
  const before = storedState(server.dataDir)
  const { body } = await importInto('alice/archived', archivedImage('newer'), 'v2').expect(403)
  expect(body.detail).toContain('archived')
  expect(storedState(server.dataDir)).toEqual(before)
})
