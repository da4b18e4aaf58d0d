import { once } from 'node:events'
import { truncate } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { BlobStore } from '../../../storage/blobs/blob-store.ts'
import { openFilesystemBlobStore } from '../../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { readExportedArchive } from '../../support/exported-archive.ts'
import {
  ADMIN,
  basic,
  digestOf,
  OCI_MANIFEST,
  openTestServer,
  pushBlob,
  putManifest,
  type TestServer,
} from '../../support/server.ts'
import { blobFile, blobPath, exportPath } from './export-client.ts'

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'
const MIB = 1024 * 1024

interface BlobsOpen {
  now: number
  most: number
  chunksRead: number
}

/** A server whose open blobs are counted, with an image of two large layers. */
async function openCounting(level = 'silent') {
  const blobsOpen: BlobsOpen = { now: 0, most: 0, chunksRead: 0 }
  const counting = await openTestServer({
    settings: { log: { level, format: 'pretty' } },
    overrides: { openBlobStore: async (root) => countOpen(await openFilesystemBlobStore({ root }), blobsOpen) },
  })
  onTestFinished(() => counting.close())
  // More than the buffers of a connection hold, and nowhere the same: bytes of another place must not pass for these.
  const contents = [1, 2].map((seed) => {
    const content = Buffer.alloc(24 * MIB, seed)
    for (let offset = 0; offset < content.length; offset += 4096) content.writeUInt32LE(offset, offset)
    return content
  })
  const layers = []
  for (const content of contents) {
    const digest = await pushBlob(counting.admin, 'acme/large', content)
    layers.push({ mediaType: LAYER, digest, size: content.length })
  }
  const config = JSON.stringify({ os: 'linux', architecture: 'amd64' })
  const configDigest = await pushBlob(counting.admin, 'acme/large', config)
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: CONFIG, digest: configDigest, size: config.length },
    layers,
  })
  await putManifest(counting.admin, 'acme/large', 'v1', manifest).expect(201)
  // The push itself has looked into the configuration.
  blobsOpen.most = 0
  const digests = layers.map(({ digest }) => digest).sort()
  return { counting, blobsOpen, digests }
}

function countOpen(store: BlobStore, blobsOpen: BlobsOpen): BlobStore {
  return {
    ...store,
    async open(digest) {
      const blob = await store.open(digest)
      if (blob === undefined) return undefined
      blobsOpen.now += 1
      blobsOpen.most = Math.max(blobsOpen.most, blobsOpen.now)
      return {
        size: blob.size,
        async *read(range) {
          for await (const chunk of blob.read(range)) {
            blobsOpen.chunksRead += 1
            // What the store may do at once, and under load does: use the memory for something else.
            const lent = Buffer.from(chunk)
            yield lent
            lent.fill(0xff)
          }
        },
        quarantine: (note) => blob.quarantine(note),
        async close() {
          await blob.close()
          blobsOpen.now -= 1
        },
      }
    },
  }
}

/** An export of which nothing has been read yet. */
async function begin({ url }: TestServer, method = 'GET') {
  const request = httpRequest(new URL(exportPath('acme/large', { ref: 'v1' }), url), {
    method,
    headers: { authorization: basic(ADMIN.username, ADMIN.password) },
    agent: false,
  }).end()
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (response === undefined) throw new Error('there is no response')
  return { request, response }
}

test('every byte arrives as it is, also when the client lets the server wait', async () => {
  const { counting, blobsOpen } = await openCounting()
  const { response } = await begin(counting)
  let seen = 0
  const hasStalled = () => {
    const before = seen
    seen = blobsOpen.chunksRead
    return seen > 0 && seen === before
  }
  await vi.waitFor(() => expect(hasStalled()).toBe(true), { timeout: 10_000, interval: 100 })
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const files = await readExportedArchive(Buffer.concat(chunks))
  const blobs = [...files].filter(([name]) => name.startsWith('blobs/'))
  expect(blobs).toHaveLength(4)
  for (const [name, { bytes }] of blobs) expect(blobPath(digestOf(bytes))).toBe(name)
  expect(blobsOpen).toMatchObject({ now: 0, most: 1 })
})

test('a client that goes away leaves nothing open, and is no fault of ours', async () => {
  const log = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  onTestFinished(() => log.mockRestore())
  const { counting, blobsOpen } = await openCounting('error')
  const { request, response } = await begin(counting)
  response.once('readable', () => response.read())
  await vi.waitFor(() => expect(blobsOpen.now).toBe(1))
  request.destroy()
  await vi.waitFor(() => expect(blobsOpen.now).toBe(0))
  await counting.admin.get('/api/v1/user').expect(200)
  expect(log.mock.calls).toEqual([])
})

test('I12: when a blob is damaged meanwhile the answer is cut, never whole', async () => {
  const { counting, blobsOpen, digests } = await openCounting()
  const { response } = await begin(counting)
  await vi.waitFor(() => expect(blobsOpen.now).toBe(1))
  await truncate(blobFile(counting, digests[1] ?? ''), 5)
  let received = 0
  response.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  const [error] = await once(response, 'error')
  expect(error.message).toBe('aborted')
  expect(received).toBeLessThan(48 * MIB)
  expect(blobsOpen.now).toBe(0)
})

test('a head is answered without opening anything', async () => {
  const { counting, blobsOpen } = await openCounting()
  const { response } = await begin(counting, 'HEAD')
  response.resume()
  await once(response, 'end')
  expect(Number(response.headers['content-length'])).toBeGreaterThan(48 * MIB)
  expect(blobsOpen.most).toBe(0)
})
