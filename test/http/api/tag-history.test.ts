import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, digestOf, OCI_INDEX, OCI_MANIFEST, pushImage, putManifest } from '../../support/server.ts'
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

describe('deleting and restoring a tag', () => {
  test('is for whoever maintains the repository', async () => {
    await registry.pushTags('acme/maintained', 'v1')
    await registry.grantToBob('acme/maintained', 'push')
    await bob.delete(tagsOf('acme/maintained', 'v1')).expect(403)
    await bob
      .post(tagsOf('acme/maintained', 'v1', 'restore'))
      .send({})
      .expect(403)
    await registry.grantToBob('acme/maintained', 'maintain')
    await bob.delete(tagsOf('acme/maintained', 'v1')).expect(204)
    expect((await bob.delete(tagsOf('acme/maintained', 'v1')).expect(404)).body.title).toBe('TAG_UNKNOWN')
    await alice.get('/v2/acme/maintained/manifests/v1').expect(404)
    const { body } = await bob
      .post(tagsOf('acme/maintained', 'v1', 'restore'))
      .send({})
      .expect(200)
    expect(body).toMatchObject({ name: 'v1', pushedBy: 'bob' })
    await alice.get('/v2/acme/maintained/manifests/v1').expect(200)
  })

  test('leaves a history of who did what and when', async () => {
    const first = await pushImage(alice, 'acme/history', { tag: 'v1', content: 'first' })
    const second = await pushImage(alice, 'acme/history', { tag: 'v1', content: 'second' })
    await registry.grantToBob('acme/history', 'maintain')
    await bob.delete(tagsOf('acme/history', 'v1')).expect(204)
    await bob
      .post(tagsOf('acme/history', 'v1', 'restore'))
      .send({ digest: first.digest })
      .expect(200)
    const path = tagsOf('acme/history', 'v1', 'history')
    const entry = { mediaType: OCI_MANIFEST, startedAt: A_TIME, startedBy: 'alice', endedAt: A_TIME, current: false }
    const expected = [
      { ...entry, digest: first.digest, startedBy: 'bob', endedAt: null, endedBy: null, current: true },
      { ...entry, digest: second.digest, endedBy: 'bob' },
      { ...entry, digest: first.digest, endedBy: 'alice' },
    ]
    expect((await alice.get(path).expect(200)).body).toEqual({ items: expected })
    const page = await alice.get(path).query({ limit: 2 }).expect(200)
    expect(page.body.items).toEqual(expected.slice(0, 2))
    const rest = await alice.get(path).query({ limit: 2, after: page.body.next }).expect(200)
    expect(rest.body).toEqual({ items: expected.slice(2) })
  })

  test('shows the history of a tag that is deleted, and of one that never was says so', async () => {
    await registry.pushTags('acme/departed', 'v1')
    await alice.delete(tagsOf('acme/departed', 'v1')).expect(204)
    const { body } = await alice.get(tagsOf('acme/departed', 'v1', 'history')).expect(200)
    expect(body.items).toMatchObject([{ current: false, endedBy: 'alice' }])
    expect((await alice.get(tagsOf('acme/departed', 'v2', 'history')).expect(404)).body.title).toBe('TAG_UNKNOWN')
  })

  test('brings back an image that was deleted, with the children of its index', async () => {
    const child = await pushImage(alice, 'acme/revived', {})
    const descriptor = { mediaType: OCI_MANIFEST, digest: child.digest, size: child.manifest.length }
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor] })
    await putManifest(alice, 'acme/revived', 'v1', index, OCI_INDEX).expect(201)
    for (const digest of [digestOf(index), child.digest]) {
      await alice.delete(`/v2/acme/revived/manifests/${digest}`).expect(202)
    }
    await alice
      .post(tagsOf('acme/revived', 'v1', 'restore'))
      .send({})
      .expect(200)
    expect((await alice.get('/v2/acme/revived/manifests/v1').expect(200)).text).toBe(index)
    await alice.get(`/v2/acme/revived/manifests/${child.digest}`).expect(200)
  })

  test('says what is missing when the content has gone', async () => {
    const { digest, layer } = await pushImage(alice, 'acme/lost', { tag: 'v1' })
    await alice.delete(`/v2/acme/lost/manifests/${digest}`).expect(202)
    await alice.delete(`/v2/acme/lost/blobs/${layer}`).expect(202)
    const { body } = await alice
      .post(tagsOf('acme/lost', 'v1', 'restore'))
      .send({})
      .expect(409)
    expect(body).toMatchObject({
      title: 'CONTENT_GONE',
      missing: [layer],
      detail: expect.stringContaining('push the image again'),
    })
    await alice.get(`/v2/acme/lost/manifests/${digest}`).expect(404)
  })

  test('leads nowhere the tag has not been', async () => {
    await registry.pushTags('acme/settled', 'v1')
    for (const body of [{}, { digest: digestOf('nothing') }]) {
      const answer = await alice
        .post(tagsOf('acme/settled', 'v1', 'restore'))
        .send(body)
        .expect(404)
      expect(answer.body).toMatchObject({
        title: 'LIFETIME_UNKNOWN',
        detail: expect.stringContaining('its history shows'),
      })
    }
    for (const body of [{ digest: 'v1' }, { version: 1 }, []]) {
      await alice
        .post(tagsOf('acme/settled', 'v1', 'restore'))
        .send(body)
        .expect(400)
    }
  })
})
