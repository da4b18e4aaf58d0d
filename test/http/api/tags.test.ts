import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, digestOf, OCI_INDEX, OCI_MANIFEST, pushImage, putManifest } from '../../support/server.ts'
import { openTaggedRegistry, type TaggedRegistry, tagsOf } from './tagged-registry.ts'

let registry: TaggedRegistry
let alice: Client
let bob: Client

beforeAll(async () => {
  registry = await openTaggedRegistry()
  alice = registry.alice
  bob = registry.bob
})
afterAll(() => registry.server.close())

const A_TIME = expect.stringMatching(/^\d{4}-.*Z$/)

async function publish(repository: string): Promise<void> {
  await alice
    .patch(`/api/v1/repositories/${encodeURIComponent(repository)}`)
    .send({ visibility: 'public' })
    .expect(200)
}

describe('looking at tags', () => {
  test('shows what they point to', async () => {
    const { digest, manifest } = await pushImage(alice, 'acme/looked-at', { tag: 'v1' })
    const config = JSON.stringify({ architecture: 'amd64', os: 'linux', content: 'a layer' })
    const bytes = manifest.length + config.length + 'a layer'.length
    const shown = {
      name: 'v1',
      digest,
      mediaType: OCI_MANIFEST,
      kind: 'image',
      platforms: ['linux/amd64'],
      storedBytes: bytes,
      pulledBytes: bytes,
      pushedAt: A_TIME,
      pushedBy: 'alice',
      pulls: 0,
      lastPulledAt: null,
    }
    expect((await alice.get(tagsOf('acme/looked-at', 'v1')).expect(200)).body).toEqual(shown)
    expect((await alice.get(tagsOf('acme/looked-at')).expect(200)).body).toEqual({ items: [shown] })
  })

  test('of an index shows its platforms, and counts all of them as stored, the largest as pulled', async () => {
    const children = [
      {
        ...(await pushImage(alice, 'acme/index', { content: 'small' })),
        platform: { os: 'linux', architecture: 'amd64' },
      },
      {
        ...(await pushImage(alice, 'acme/index', { content: 'much larger' })),
        platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      },
    ]
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: children.map(({ manifest, digest, platform }) => {
        return { mediaType: OCI_MANIFEST, digest, size: manifest.length, platform }
      }),
    })
    await putManifest(alice, 'acme/index', 'v1', index, OCI_INDEX).expect(201)
    const sizes = children.map(({ manifest }, position) => {
      const content = position === 0 ? 'small' : 'much larger'
      const config = JSON.stringify({ architecture: 'amd64', os: 'linux', content })
      return manifest.length + config.length + content.length
    })
    const [small = 0, large = 0] = sizes
    expect((await alice.get(tagsOf('acme/index', 'v1')).expect(200)).body).toMatchObject({
      mediaType: OCI_INDEX,
      kind: 'image',
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      storedBytes: index.length + small + large,
      pulledBytes: index.length + large,
    })
  })

  test('lists versions as semver has them unless told otherwise, page by page', async () => {
    await registry.pushTags('acme/ordered', '1.9.0', 'latest', '1.10.0', '1.10.0-rc.1', 'main')
    const list = async (query: object) => {
      const names: string[] = []
      let after: string | undefined
      do {
        const { body } = await alice
          .get(tagsOf('acme/ordered'))
          .query({ limit: 2, ...query, ...(after !== undefined && { after }) })
          .expect(200)
        names.push(...body.items.map(({ name }: { name: string }) => name))
        after = body.next
      } while (after !== undefined)
      return names
    }
    expect(await list({})).toEqual(['latest', '1.10.0', '1.10.0-rc.1', '1.9.0', 'main'])
    expect(await list({ order: 'version', prefix: '1.' })).toEqual(['1.10.0', '1.10.0-rc.1', '1.9.0'])
    expect(await list({ order: 'name' })).toEqual(['1.10.0', '1.10.0-rc.1', '1.9.0', 'latest', 'main'])
    expect(await list({ order: 'pushed' })).toEqual(['main', '1.10.0-rc.1', '1.10.0', 'latest', '1.9.0'])
  })

  test.each(['order=newest', 'order=', 'limit=0', 'sort=name', `prefix=${'x'.repeat(129)}`, 'order=name&order=name'])(
    'takes no ?%s',
    async (query) => {
      await registry.pushTags('acme/ordered', 'latest')
      const { body } = await alice.get(`${tagsOf('acme/ordered')}?${query}`).expect(400)
      expect(body.title).toMatch(/_INVALID$/)
    },
  )

  test('names nobody to those who are not logged in', async () => {
    await registry.pushTags('acme/public', 'v1')
    await publish('acme/public')
    for (const path of [tagsOf('acme/public', 'v1'), tagsOf('acme/public'), tagsOf('acme/public', 'v1', 'history')]) {
      const { text } = await registry.server.anonymous.get(path).expect(200)
      expect(text).toMatch(/"(pushedBy|startedBy)":null/)
      expect(text).not.toContain('alice')
      expect((await bob.get(path).expect(200)).text).toContain('alice')
    }
  })

  test('that are not there, or cannot be, says what to do', async () => {
    await registry.pushTags('acme/lacking', 'v1')
    const { body } = await alice.get(tagsOf('acme/lacking', 'v2')).expect(404)
    expect(body).toMatchObject({ title: 'TAG_UNKNOWN', detail: expect.stringContaining('the list of tags shows') })
    for (const name of ['-x', 'a%20b', 'ü', `${'x'.repeat(129)}`, digestOf('x')]) {
      const refused = await alice.get(tagsOf('acme/lacking', encodeURIComponent(name))).expect(400)
      expect(refused.body.title, name).toBe('TAG_INVALID')
    }
  })
})

describe('pointing a tag', () => {
  test('makes and moves it, for whoever may push', async () => {
    const first = await pushImage(alice, 'acme/pointed', { tag: 'v1', content: 'first' })
    const second = await pushImage(alice, 'acme/pointed', { tag: 'v2', content: 'second' })
    const point = (client: Client, digest: string) => client.put(tagsOf('acme/pointed', 'stable')).send({ digest })
    await registry.grantToBob('acme/pointed', 'push')
    const made = await point(bob, first.digest).expect(201)
    expect(made.body).toMatchObject({ name: 'stable', digest: first.digest, pushedBy: 'bob' })
    expect((await point(alice, second.digest).expect(200)).body).toMatchObject({
      digest: second.digest,
      pushedBy: 'alice',
    })
    expect((await point(bob, second.digest).expect(200)).body).toMatchObject({ pushedBy: 'alice' })
    const pulled = await bob.get('/v2/acme/pointed/manifests/stable').expect(200)
    expect(pulled.headers['docker-content-digest']).toBe(second.digest)
    const { body } = await alice.get('/api/v1/organizations/acme/audit?action=tag.pointed').expect(200)
    expect(body.items).toMatchObject([
      {
        object: 'acme/pointed:stable',
        actor: { name: 'alice' },
        detail: { digest: second.digest, previous: first.digest },
      },
      { object: 'acme/pointed:stable', actor: { name: 'bob' }, detail: { digest: first.digest } },
    ])
  })

  test('is not for those who may only pull, and for strangers there is nothing', async () => {
    const { digest } = await pushImage(alice, 'acme/guarded', { tag: 'v1' })
    await bob.put(tagsOf('acme/guarded', 'mine')).send({ digest }).expect(404)
    await registry.grantToBob('acme/guarded', 'pull')
    const { body } = await bob.put(tagsOf('acme/guarded', 'mine')).send({ digest }).expect(403)
    expect(body.detail).toContain('push')
    await registry.server.anonymous.put(tagsOf('acme/guarded', 'mine')).send({ digest }).expect(404)
  })

  test('leads to no manifest that the repository does not have', async () => {
    await registry.pushTags('acme/empty-handed', 'v1')
    const foreign = await pushImage(alice, 'acme/of-others', { tag: 'v1', content: 'of others' })
    for (const digest of [foreign.digest, digestOf('nothing')]) {
      const { body } = await alice.put(tagsOf('acme/empty-handed', 'v2')).send({ digest }).expect(404)
      expect(body).toMatchObject({ title: 'MANIFEST_UNKNOWN', detail: expect.stringContaining('push it first') })
    }
  })

  test('takes nothing but a digest', async () => {
    await registry.pushTags('acme/empty-handed', 'v1')
    const { digest } = (await alice.get(tagsOf('acme/empty-handed', 'v1')).expect(200)).body
    for (const target of [
      {},
      [],
      { digest: 'v1' },
      { digest: 1 },
      { digest: null },
      { tag: 'v1' },
      { digest, tag: 'v1' },
    ]) {
      const { body } = await alice.put(tagsOf('acme/empty-handed', 'v2')).send(target).expect(400)
      expect(body.title, JSON.stringify(target)).toBe('BODY_INVALID')
    }
  })

  test('that is malformed is refused', async () => {
    const { digest } = await pushImage(alice, 'acme/malformed', { tag: 'v1' })
    for (const name of ['.x', 'a b', 'x'.repeat(129), digest]) {
      await alice
        .put(tagsOf('acme/malformed', encodeURIComponent(name)))
        .send({ digest })
        .expect(400)
    }
  })
})

test('an archived repository takes no tag, and says so in the same words as to a push', async () => {
  const { digest, manifest } = await pushImage(alice, 'acme/archived', { tag: 'v1' })
  await alice.delete(tagsOf('acme/archived', 'v1')).expect(204)
  await alice.patch('/api/v1/repositories/acme%2Farchived').send({ state: 'archived' }).expect(200)
  const refused = await putManifest(alice, 'acme/archived', 'v2', manifest).expect(403)
  const words = refused.body.errors[0].message
  expect((await alice.put(tagsOf('acme/archived', 'v2')).send({ digest }).expect(403)).body.detail).toBe(words)
  expect(
    (
      await alice
        .post(tagsOf('acme/archived', 'v1', 'restore'))
        .send({})
        .expect(403)
    ).body.detail,
  ).toBe(words)
  expect((await alice.get(tagsOf('acme/archived')).expect(200)).body.items).toEqual([])
})

test('robots and tokens act within their scopes', async () => {
  const { digest } = await pushImage(alice, 'acme/scoped', { tag: 'v1' })
  await pushImage(alice, 'acme/other', { tag: 'v1' })
  const { body } = await alice
    .post('/api/v1/organizations/acme/robots')
    .send({ name: 'ci', scopes: [{ repositories: 'acme/scoped', permission: 'push' }] })
    .expect(201)
  const robot = registry.server.as(basic(body.username, body.secret))
  expect((await robot.put(tagsOf('acme/scoped', 'by-robot')).send({ digest }).expect(201)).body.pushedBy).toBe(
    'acme+ci',
  )
  await robot.delete(tagsOf('acme/scoped', 'by-robot')).expect(403)
  await robot.put(tagsOf('acme/other', 'v2')).send({ digest }).expect(404)
  await robot.get(tagsOf('acme/other')).expect(404)
})
