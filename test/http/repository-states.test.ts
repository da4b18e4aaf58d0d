import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  basic,
  type Client,
  digestOf,
  openTestServer,
  pushImage,
  putManifest,
  type TestImage,
  type TestServer,
} from '../support/server.ts'

let server: TestServer
let alice: Client
let image: TestImage
/** A repository of its own for each test. */
let web: string
let count = 0

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
})
afterAll(() => server.close())

beforeEach(async () => {
  count += 1
  web = `acme/web-${count}`
  image = await pushImage(alice, web, { tag: 'v1' })
})

function change(fields: object, client = alice) {
  return client.patch(`/api/v1/repositories/${encodeURIComponent(web)}`).send(fields)
}

/** Every request that would put something into a repository. */
function pushes(client: Client, upload: string): readonly (() => ReturnType<Client['post']>)[] {
  const blob = 'another layer'
  const type = 'application/octet-stream'
  return [
    () => client.post(`/v2/${web}/blobs/uploads/`),
    () =>
      client
        .post(`/v2/${web}/blobs/uploads/`)
        .query({ digest: digestOf(blob) })
        .set('Content-Type', type)
        .send(blob),
    () => client.post(`/v2/${web}/blobs/uploads/`).query({ mount: image.layer, from: 'acme/elsewhere' }),
    () => client.patch(upload).set('Content-Type', type).send(blob),
    () =>
      client
        .put(upload)
        .query({ digest: digestOf(blob) })
        .set('Content-Type', type)
        .send(blob),
    () => putManifest(client, web, 'v2', image.manifest),
    () => putManifest(client, web, 'v1', image.manifest),
    () => putManifest(client, web, image.digest, image.manifest),
  ]
}

describe('an archived repository', () => {
  test('refuses whatever would put something into it, and says what to do instead', async () => {
    await pushImage(alice, 'acme/elsewhere', { tag: 'v1' })
    const upload = String((await alice.post(`/v2/${web}/blobs/uploads/`).expect(202)).headers['location'])
    await change({ state: 'archived', successor: 'acme/new' }).expect(200)
    for (const client of [alice, server.admin, server.as(await server.token(alice, `repository:${web}:pull,push`))]) {
      for (const push of pushes(client, upload)) {
        const { body } = await push().expect(403)
        expect(body.errors).toEqual([
          {
            code: 'DENIED',
            message: `${web} is archived and takes nothing new; whoever maintains it can make it active again, or push to acme/new instead`,
          },
        ])
      }
    }
    const { body } = await alice.get(`/v2/${web}/tags/list`).expect(200)
    expect(body.tags).toEqual(['v1'])
    // Whoever was in the middle can see so, and clear up.
    await alice.get(upload).expect(204)
    await alice.delete(upload).expect(204)
  })

  test('is pulled from as before', async () => {
    await change({ state: 'archived' }).expect(200)
    for (const reference of ['v1', image.digest]) {
      const { headers } = await alice.get(`/v2/${web}/manifests/${reference}`).expect(200)
      expect(headers['docker-content-digest']).toBe(image.digest)
    }
    await alice.get(`/v2/${web}/blobs/${image.layer}`).expect(200)
    await alice.get(`/v2/${web}/referrers/${image.digest}`).expect(200)
    await alice.post(`/v2/acme/elsewhere-${count}/blobs/uploads/`).query({ mount: image.layer, from: web }).expect(201)
  })

  test('can still be rid of what must not stay, by whoever may delete', async () => {
    await change({ state: 'archived' }).expect(200)
    await alice.delete(`/v2/${web}/manifests/v1`).expect(202)
    await alice.delete(`/v2/${web}/manifests/${image.digest}`).expect(202)
    await alice.delete(`/v2/${web}/blobs/${image.layer}`).expect(202)
  })

  test('takes pushes again once it is active or deprecated', async () => {
    for (const state of ['deprecated', 'active']) {
      await change({ state: 'archived' }).expect(200)
      await putManifest(alice, web, 'v2', image.manifest).expect(403)
      await change({ state }).expect(200)
      await putManifest(alice, web, 'v2', image.manifest).expect(201)
    }
  })

  test('can be described, moved and deleted', async () => {
    await change({ state: 'archived' }).expect(200)
    await change({ description: 'The old shop', labels: { team: 'web' }, visibility: 'public' }).expect(200)
    await change({ name: `acme/old-${count}` }).expect(200)
    // The old name leads to it, and to the same refusal.
    await putManifest(alice, web, 'v2', image.manifest).expect(403)
    await alice.delete(`/api/v1/repositories/acme%2Fold-${count}`).expect(204)
  })

  test('I5: is refused to others as if it were not there', async () => {
    const bob = await server.createUser(`bob-${count}`)
    await change({ state: 'archived' }).expect(200)
    const push = (repository: string) => bob.post(`/v2/${repository}/blobs/uploads/`).expect(401)
    const [archived, absent] = [await push(web), await push('acme/absent')]
    expect(archived.text.replaceAll(web, 'NAME')).toBe(absent.text.replaceAll('acme/absent', 'NAME'))
  })

  test('that is archived during an upload takes no blob from it any more', async () => {
    const path = `/v2/${web}/blobs/uploads/`
    const upload = String((await alice.post(path).expect(202)).headers['location'])
    const blob = 'the bytes that came too late'
    await alice.patch(upload).set('Content-Type', 'application/octet-stream').send(blob).expect(202)
    await change({ state: 'archived' }).expect(200)
    await alice
      .put(upload)
      .query({ digest: digestOf(blob) })
      .expect(403)
    await alice.head(`/v2/${web}/blobs/${digestOf(blob)}`).expect(404)
  })
})

describe('the warning to whoever pulls', () => {
  async function warningOf(path: string, headers: Readonly<Record<string, string>> = {}, status = 200) {
    const get = (await alice.get(path).set(headers).expect(status)).headers['warning']
    expect((await alice.head(path).set(headers).expect(status)).headers['warning']).toBe(get)
    return get
  }

  test.each([
    [{ state: 'active' }, undefined],
    [{ state: 'deprecated' }, '299 - "WEB is deprecated"'],
    [{ state: 'deprecated', successor: 'acme/new' }, '299 - "WEB is deprecated; use acme/new"'],
    [{ state: 'deprecated', successor: 'nginx' }, '299 - "WEB is deprecated; use library/nginx"'],
    [{ state: 'archived' }, '299 - "WEB is archived and will not change any more"'],
    [
      { state: 'archived', successor: 'acme/new' },
      '299 - "WEB is archived and will not change any more; use acme/new"',
    ],
  ])('of %j is %s', async (fields, expected) => {
    await change(fields).expect(200)
    for (const reference of ['v1', image.digest]) {
      expect(await warningOf(`/v2/${web}/manifests/${reference}`)).toBe(expected?.replace('WEB', web))
    }
    const known = { 'If-None-Match': `"${image.digest}"` }
    expect(await warningOf(`/v2/${web}/manifests/v1`, known, 304)).toBe(expected?.replace('WEB', web))
  })

  test('is on manifests only: a pull warns once, not with every layer', async () => {
    await change({ state: 'deprecated', successor: 'acme/new' }).expect(200)
    expect(await warningOf(`/v2/${web}/blobs/${image.layer}`)).toBeUndefined()
    expect(await warningOf(`/v2/${web}/tags/list`)).toBeUndefined()
    expect(await warningOf(`/v2/${web}/manifests/absent`, {}, 404)).toBeUndefined()
  })

  test('S36: has the longest names there are in one line of ASCII, within its quotes', async () => {
    const name = `acme/${'long-name/'.repeat(24)}x`
    const successor = `acme/${'other-name/'.repeat(22)}y`
    await pushImage(alice, name, { tag: 'v1' })
    const path = `/api/v1/repositories/${encodeURIComponent(name)}`
    await alice.patch(path).send({ state: 'archived', successor }).expect(200)
    const warning = await warningOf(`/v2/${name}/manifests/v1`)
    expect(warning).toMatch(/^299 - "[\x20\x21\x23-\x5b\x5d-\x7e]{1,1000}"$/)
    expect(warning).toContain(`use ${successor}`)
  })

  test('is shown by the present name when it is pulled by a former one', async () => {
    await change({ state: 'deprecated', name: `acme/now-${count}` }).expect(200)
    expect(await warningOf(`/v2/${web}/manifests/v1`)).toBe(`299 - "acme/now-${count} is deprecated"`)
  })
})

describe('the successor', () => {
  test('is shown with the state, and goes when the repository is active again', async () => {
    const { body } = await change({ state: 'deprecated', successor: 'acme/new' }).expect(200)
    expect(body).toMatchObject({ state: 'deprecated', successor: 'acme/new' })
    expect((await change({ state: 'archived' }).expect(200)).body).toMatchObject({ successor: 'acme/new' })
    expect((await change({ successor: null }).expect(200)).body).toMatchObject({ successor: null })
    await change({ successor: 'acme/new' }).expect(200)
    expect((await change({ state: 'active' }).expect(200)).body).toMatchObject({ state: 'active', successor: null })
  })

  test('belongs to what is deprecated or archived', async () => {
    for (const fields of [{ successor: 'acme/new' }, { state: 'active', successor: 'acme/new' }]) {
      const { body } = await change(fields).expect(422)
      expect(body).toMatchObject({ title: 'SUCCESSOR_OF_ACTIVE', detail: expect.stringContaining('send the state') })
    }
    await change({ successor: null }).expect(200)
  })

  test('is another repository, by whatever way it would become itself', async () => {
    const itself = { title: 'SUCCESSOR_OF_ITSELF' }
    expect((await change({ state: 'deprecated', successor: web }).expect(422)).body).toMatchObject(itself)
    const next = `acme/next-${count}`
    const both = { state: 'deprecated', successor: next, name: next }
    expect((await change(both).expect(422)).body).toMatchObject(itself)
    await change({ state: 'deprecated', successor: next }).expect(200)
    expect((await change({ name: next }).expect(422)).body).toMatchObject(itself)
    await change({ name: next, successor: 'acme/new' }).expect(200)
    // By its former name it would lead to itself as well.
    expect((await change({ successor: web }).expect(422)).body).toMatchObject(itself)
  })

  test('I5: may be private, absent or elsewhere: the answer is the same', async () => {
    const bob = await server.createUser(`bob-${count}`)
    await pushImage(bob, `bob-${count}/private`, { tag: 'v1' })
    for (const successor of [`bob-${count}/private`, `bob-${count}/absent`, 'nobody/absent']) {
      const { body } = await change({ state: 'deprecated', successor }).expect(200)
      expect(body.successor).toBe(successor)
    }
  })

  test('is told to others only where they may pull', async () => {
    await change({ state: 'deprecated', successor: 'acme/secret-plans' }).expect(200)
    const stranger = await server.createUser(`stranger-${count}`)
    for (const client of [stranger, server.anonymous, server.as(basic('alice', 'wrong'))]) {
      const { headers, text } = await client.get(`/v2/${web}/manifests/v1`).expect(401)
      expect(headers['warning']).toBeUndefined()
      expect(text).not.toContain('secret-plans')
    }
  })
})
