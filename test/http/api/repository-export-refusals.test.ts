import { rm, truncate } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, OCI_MANIFEST, openTestServer, pushBlob, pushImage, type TestServer } from '../../support/server.ts'
import { blobFile, blobPath, createExportClient, type ExportClient } from './export-client.ts'

const LAYER = 'application/vnd.oci.image.layer.v1.tar'

let server: TestServer
let client: ExportClient

beforeAll(async () => {
  server = await openTestServer({ settings: { manifests: { allowSparseIndexes: true } } })
  client = createExportClient(server)
  await pushImage(server.admin, 'acme/app', { tag: 'v1' })
})
afterAll(() => server.close())

test('a reference that leads nowhere is 404', async () => {
  expect((await client.refusal('acme/app', { ref: 'nothing' }, 404)).title).toBe('MANIFEST_UNKNOWN')
  expect((await client.refusal('acme/app', { ref: digestOf('nothing') }, 404)).title).toBe('MANIFEST_UNKNOWN')
})

test('a platform that is not there is 404 and told which are', async () => {
  await client.pushTwoPlatforms('acme/platforms')
  const { title, platforms, detail } = await client.refusal(
    'acme/platforms',
    { ref: 'v1', platform: 'linux/s390x' },
    404,
  )
  expect({ title, platforms }).toEqual({ title: 'PLATFORM_UNKNOWN', platforms: ['linux/arm64/v8', 'linux/amd64'] })
  expect(detail).toContain('linux/arm64/v8, linux/amd64')
})

test('a lone image is only given for the platform that it is for', async () => {
  await pushImage(server.admin, 'acme/lone', { tag: 'v1' })
  await client.download('acme/lone', { ref: 'v1', platform: 'linux/amd64' })
  const { platforms } = await client.refusal('acme/lone', { ref: 'v1', platform: 'linux/arm64' }, 404)
  expect(platforms).toEqual(['linux/amd64'])
})

test.each([
  {},
  { ref: '' },
  { ref: '../v1' },
  { ref: 'sha256:abc' },
  { ref: 'v1', format: 'zip' },
  { ref: 'v1', platform: 'amd64' },
  { ref: 'v1', platform: 'linux/a b' },
  { ref: 'v1', referrers: 'yes' },
  { ref: 'v1', more: 'x' },
])('%j is 400', async (query) => {
  await client.refusal('acme/app', query, 400)
})

test('I12: an image with a blob that is gone or damaged is refused before the first byte', async () => {
  const image = await pushImage(server.admin, 'acme/damaged', { tag: 'v1', content: 'soon shorter' })
  await truncate(blobFile(server, image.layer), 5)
  const damaged = await client.refusal('acme/damaged', { ref: 'v1' }, 404)
  expect(damaged).toMatchObject({ title: 'CONTENT_MISSING', detail: expect.stringContaining(image.layer) })
  await rm(blobFile(server, image.layer))
  await client.refusal('acme/damaged', { ref: 'v1' }, 404)
  await pushBlob(server.admin, 'acme/damaged', 'soon shorter')
  await client.download('acme/damaged', { ref: 'v1' })
})

test('I4: what another repository has is none of ours', async () => {
  const content = 'only elsewhere'
  const elsewhere = await pushImage(server.admin, 'acme/elsewhere', { content })
  const absent = { mediaType: LAYER, digest: elsewhere.layer, size: content.length, urls: ['https://example.com/'] }
  await pushImage(server.admin, 'acme/here', { tag: 'v1', fields: { layers: [absent] } })
  const { names } = await client.download('acme/here', { ref: 'v1' })
  expect(names).not.toContain(blobPath(elsewhere.layer))
})

test('I11: an index of more than anybody can need is refused, for what is planned is held in memory', async () => {
  const children = Array.from({ length: 10_001 }, (_, n) => {
    const platform = { os: 'linux', architecture: `a${n}` }
    return { mediaType: OCI_MANIFEST, digest: digestOf(String(n)), size: 1, platform }
  })
  await client.pushIndex('acme/endless', 'v1', children)
  expect((await client.refusal('acme/endless', { ref: 'v1' }, 422)).title).toBe('ARCHIVE_TOO_LARGE')
  await client.refusal('acme/endless', { ref: 'v1', platform: 'linux/amd64' }, 422)
})
