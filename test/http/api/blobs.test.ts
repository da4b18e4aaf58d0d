import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  basic,
  type Client,
  digestOf,
  openTestServer,
  pushBlob,
  pushImage,
  type TestServer,
} from '../../support/server.ts'

let server: TestServer
let alice: Client
let bob: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
})
afterAll(() => server.close())

function pathOf(repository: string, content: string): string {
  return `/api/v1/repositories/${encodeURIComponent(repository)}/blobs/${digestOf(content)}`
}

async function namesFor(client: Client, repository: string, content: string): Promise<string[]> {
  const { body } = await client.get(pathOf(repository, content)).expect(200)
  return body.repositories.items.map(({ name }: { name: string }) => name)
}

async function publish(client: Client, repository: string): Promise<void> {
  await client
    .patch(`/api/v1/repositories/${encodeURIComponent(repository)}`)
    .send({ visibility: 'public' })
    .expect(200)
}

test('a blob tells what needs it, under which tags, and where else it is', async () => {
  const image = await pushImage(alice, 'alice/one', { tag: 'v1', content: 'told' })
  await pushImage(alice, 'alice/two', { tag: 'v1', content: 'told' })
  const { body } = await alice.get(pathOf('alice/one', 'told')).expect(200)
  expect(body).toEqual({
    digest: image.layer,
    sizeBytes: 4,
    linkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    uses: [{ manifest: image.digest, role: 'layer', tags: ['v1'] }],
    repositories: {
      items: [
        { name: 'alice/one', visibility: 'private' },
        { name: 'alice/two', visibility: 'private' },
      ],
    },
  })
})

test('the repositories come in pages', async () => {
  for (const name of ['alice/p1', 'alice/p2', 'alice/p3']) await pushImage(alice, name, { content: 'paged' })
  const first = await alice.get(pathOf('alice/p2', 'paged')).query({ limit: '2' }).expect(200)
  expect(first.body.repositories).toMatchObject({
    items: [{ name: 'alice/p1' }, { name: 'alice/p2' }],
    next: 'alice/p2',
  })
  const second = await alice.get(pathOf('alice/p2', 'paged')).query({ after: first.body.repositories.next }).expect(200)
  expect(second.body.repositories).toEqual({ items: [{ name: 'alice/p3', visibility: 'private' }] })
})

test('S03, I5: what one may not pull does not exist, as a repository that has it or as one that is asked', async () => {
  await pushImage(alice, 'alice/ours', { content: 'shared' })
  const before = await alice.get(pathOf('alice/ours', 'shared')).expect(200)
  await pushImage(bob, 'bob/secret', { tag: 'v1', content: 'shared' })
  await pushBlob(bob, 'bob/secret', 'only of bob')
  expect((await alice.get(pathOf('alice/ours', 'shared')).expect(200)).body).toEqual(before.body)

  const elsewhere = await alice.get(pathOf('alice/ours', 'only of bob')).expect(404)
  const nowhere = await alice.get(pathOf('alice/ours', 'of nobody')).expect(404)
  expect({ ...elsewhere.body, requestId: 0 }).toEqual({ ...nowhere.body, requestId: 0 })
  await alice.get(pathOf('bob/secret', 'shared')).expect(404)

  await publish(bob, 'bob/secret')
  expect(await namesFor(alice, 'alice/ours', 'shared')).toEqual(['alice/ours', 'bob/secret'])
})

test('S02: a narrowed token is told of what it stands for', async () => {
  await pushImage(alice, 'alice/narrow', { content: 'narrow' })
  await pushImage(alice, 'alice/wide', { content: 'narrow' })
  const scopes = [{ repositories: 'alice/narrow', permission: 'pull' }]
  const { body } = await alice.post('/api/v1/user/tokens').send({ name: 'narrow', scopes }).expect(201)
  expect(await namesFor(server.as(basic('alice', body.token)), 'alice/narrow', 'narrow')).toEqual(['alice/narrow'])
  const bearer = server.as(await server.token(alice, 'repository:alice/narrow:pull'))
  expect(await namesFor(bearer, 'alice/narrow', 'narrow')).toEqual([])
})

test('what is no digest is refused', async () => {
  await pushImage(alice, 'alice/one', { content: 'told' })
  for (const text of ['latest', 'sha256:abc', '%00']) {
    await alice.get(`/api/v1/repositories/alice%2Fone/blobs/${text}`).expect(400)
  }
})
