import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, openTestServer, pushBlob, pushImage, type TestServer } from '../../support/server.ts'

let server: TestServer
let alice: Client
let bob: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
})
afterAll(() => server.close())

async function usageOf(client: Client, repository: string) {
  const { body } = await client.get(`/api/v1/repositories/${encodeURIComponent(repository)}/usage`).expect(200)
  return body
}

function sizeOf({ manifest, config }: { manifest: string; config: string }, content: string): number {
  return manifest.length + configSizeOf(manifest, config) + content.length
}

function configSizeOf(manifest: string, digest: string): number {
  const { config } = JSON.parse(manifest)
  expect(config.digest).toBe(digest)
  return config.size
}

test('a repository tells what it has, each blob once', async () => {
  const one = await pushImage(alice, 'alice/app', { tag: 'v1', content: 'one' })
  await pushImage(alice, 'alice/app', { tag: 'v2', content: 'one' })
  await pushBlob(alice, 'alice/app', 'a blob of nothing')
  const bytes = sizeOf(one, 'one') + 'a blob of nothing'.length
  expect(await usageOf(alice, 'alice/app')).toEqual({ bytes, uniqueBytes: bytes, sharedBytes: 0, blobs: 3 })
})

test('S03, I5: what others have in private changes no number', async () => {
  const image = await pushImage(alice, 'alice/shared', { tag: 'v1', content: 'in both' })
  const before = await usageOf(alice, 'alice/shared')
  await pushImage(bob, 'bob/private', { tag: 'v1', content: 'in both' })
  await bob.post('/api/v1/organizations').send({ name: 'beta' }).expect(201)
  await pushImage(bob, 'beta/private', { tag: 'v1', content: 'in both' })
  expect(await usageOf(alice, 'alice/shared')).toEqual(before)
  const manifest = await alice.get(`/api/v1/repositories/alice%2Fshared/manifests/${image.digest}`).expect(200)
  expect(manifest.body.usage).toEqual({ bytes: before.bytes, uniqueBytes: before.bytes, sharedBytes: 0 })

  const sharedBytes = configSizeOf(image.manifest, image.config) + 'in both'.length
  expect(await usageOf(server.admin, 'alice/shared')).toMatchObject({ sharedBytes })
  await bob.patch('/api/v1/repositories/beta%2Fprivate').send({ visibility: 'public' }).expect(200)
  const after = await usageOf(alice, 'alice/shared')
  expect(after).toEqual({ ...before, sharedBytes, uniqueBytes: before.bytes - sharedBytes })
})

test('S02: a token for one repository knows of no other', async () => {
  await pushImage(alice, 'alice/narrow', { content: 'narrow' })
  await pushImage(alice, 'alice/wide', { content: 'narrow' })
  expect((await usageOf(alice, 'alice/narrow')).sharedBytes).toBeGreaterThan(0)
  const bearer = server.as(await server.token(alice, 'repository:alice/narrow:pull'))
  expect(await usageOf(bearer, 'alice/narrow')).toMatchObject({ sharedBytes: 0 })
})
