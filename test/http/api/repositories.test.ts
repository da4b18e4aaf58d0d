import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushBlob, pushImage, type TestServer } from '../../support/server.ts'

const API = '/api/v1/repositories'

let server: TestServer
let alice: Client
let bob: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
})
afterAll(() => server.close())

function pathOf(repository: string): string {
  return `${API}/${encodeURIComponent(repository)}`
}

async function grantToBob(repositories: string, permission: string): Promise<void> {
  const grant = { subject: { type: 'user', name: 'bob' }, repositories, permission }
  await alice.post('/api/v1/organizations/acme/grants').send(grant).expect(201)
}

/** A client with an access token of Alice's that acts on some repositories only. */
async function narrowAlice(repositories: string, permission: string): Promise<Client> {
  const token = { name: repositories, scopes: [{ repositories, permission }] }
  const { body } = await alice.post('/api/v1/user/tokens').send(token).expect(201)
  return server.as(basic('alice', body.token))
}

async function listNames(client: Client, query: Record<string, string> = {}): Promise<string[]> {
  const { body } = await client.get(API).query(query).expect(200)
  return body.items.map(({ name }: { name: string }) => name)
}

describe('the list', () => {
  beforeAll(async () => {
    for (const name of ['acme/listed', 'acme/listed-too', 'alice/listed']) await pushImage(alice, name, { tag: 'v1' })
    await pushBlob(alice, 'alice/only-a-blob', 'not yet an image')
    await pushImage(alice, 'alice/open', { tag: 'v1' })
    await alice.patch(pathOf('alice/open')).send({ visibility: 'public' }).expect(200)
    await grantToBob('acme/listed', 'pull')
  })

  test('has what one may pull, and nothing that is still empty', async () => {
    expect(await listNames(alice)).toEqual(['acme/listed', 'acme/listed-too', 'alice/listed', 'alice/open'])
    expect(await listNames(bob)).toEqual(['acme/listed', 'alice/open'])
    expect(await listNames(server.anonymous)).toEqual(['alice/open'])
    expect(await listNames(server.admin)).toEqual(expect.arrayContaining(['acme/listed', 'alice/listed']))
  })

  test('comes in pages', async () => {
    const first = await alice.get(API).query({ limit: '3' }).expect(200)
    expect(first.body.items).toHaveLength(3)
    expect(await listNames(alice, { after: first.body.next })).toEqual(['alice/open'])
  })

  test('S02: has no more private names for a narrowed token than it stands for', async () => {
    expect(await listNames(await narrowAlice('acme/**', 'pull'))).toEqual([
      'acme/listed',
      'acme/listed-too',
      'alice/open',
    ])
    const bearer = server.as(await server.token(alice, 'repository:acme/listed:pull'))
    expect(await listNames(bearer)).toEqual(['alice/open'])
  })
})

describe('the list of names that begin alike', () => {
  beforeAll(async () => {
    for (const name of ['acme/pre', 'acme/pre-1', 'acme/pre/2', 'acme/pres', 'alice/pre']) {
      await pushImage(alice, name, { tag: 'v1' })
    }
    await grantToBob('acme/pres', 'pull')
  })

  test('has these and no others, by pages too', async () => {
    const all = ['acme/pre', 'acme/pre-1', 'acme/pre/2', 'acme/pres']
    expect(await listNames(alice, { prefix: 'acme/pre' })).toEqual(all)
    expect(await listNames(alice, { prefix: 'acme/pre/' })).toEqual(['acme/pre/2'])
    expect(await listNames(alice, { prefix: 'acme/prez' })).toEqual([])
    expect(await listNames(bob, { prefix: 'acme/pre' })).toEqual(['acme/pres'])
    expect(await listNames(server.anonymous, { prefix: 'acme/pre' })).toEqual([])
    const page = { prefix: 'acme/pre', limit: '3' }
    const first = await alice.get(API).query(page).expect(200)
    expect(first.body.next).toBe('acme/pre/2')
    const second = await alice
      .get(API)
      .query({ ...page, after: first.body.next })
      .expect(200)
    expect(second.body.items.map(({ name }: { name: string }) => name)).toEqual(['acme/pres'])
    expect(second.body.next).toBeUndefined()
    expect((await alice.get(API).query({ prefix: 'acme/pre', limit: '4' })).body.next).toBeUndefined()
  })
})

describe('creating', () => {
  test('makes what a first push would make, private unless told, and pushes go there', async () => {
    const { body, headers } = await alice.post(API).send({ name: 'alice/made' }).expect(201)
    expect(body).toMatchObject({ name: 'alice/made', visibility: 'private', pushedAt: null, permission: 'admin' })
    expect(headers['etag']).toMatch(/^"\d+"$/)
    expect((await alice.get(pathOf('alice/made')).expect(200)).body).toEqual(body)
    await pushImage(alice, 'alice/made', { tag: 'v1' })
    expect(await listNames(alice, { prefix: 'alice/made' })).toEqual(['alice/made'])
  })

  test('takes what it shall be with it, and the trail says so', async () => {
    const wanted = { name: 'acme/described', visibility: 'public', description: 'The shop' }
    expect((await alice.post(API).send(wanted).expect(201)).body).toMatchObject(wanted)
    const trail = await server.admin.get('/api/v1/audit').query({ object: 'acme/described' }).expect(200)
    expect(trail.body.items).toMatchObject([
      {
        action: 'repository.created',
        actor: { name: 'alice' },
        detail: { visibility: 'public', description: 'The shop' },
      },
    ])
  })

  test('is in no list before its first image, and is found by its description from then on', async () => {
    await alice.post(API).send({ name: 'alice/empty', description: 'Nothing but wheelbarrows' }).expect(201)
    expect(await listNames(alice)).not.toContain('alice/empty')
    await pushImage(alice, 'alice/empty', { tag: 'v1' })
    const { body } = await alice.get('/api/v1/search').query({ q: 'wheelbarrows' }).expect(200)
    expect(body.items).toMatchObject([{ name: 'alice/empty' }])
  })

  test('takes the visibility that the namespace wants', async () => {
    await alice.post('/api/v1/organizations').send({ name: 'open' }).expect(201)
    await alice.patch('/api/v1/organizations/open').send({ defaultVisibility: 'public' }).expect(200)
    const { body } = await alice.post(API).send({ name: 'open/by-default' }).expect(201)
    expect(body.visibility).toBe('public')
  })

  test('changes nothing of what is there, under this name or as a former one', async () => {
    await pushImage(alice, 'alice/there', { tag: 'v1' })
    await alice.patch(pathOf('alice/there')).send({ name: 'alice/there-now', state: 'archived' }).expect(200)
    for (const name of ['alice/there', 'alice/there-now']) {
      const { body } = await alice.post(API).send({ name, visibility: 'public' }).expect(409)
      expect(body).toMatchObject({ title: 'NAME_TAKEN', detail: expect.stringContaining('alice/there-now') })
    }
    expect((await alice.get(pathOf('alice/there')).expect(200)).body.visibility).toBe('private')
  })

  test('by whoever may push, who is told what takes more, and by nobody else', async () => {
    await grantToBob('acme/bobs-*', 'push')
    await bob.post(API).send({ name: 'acme/bobs-own' }).expect(201)
    for (const [field, permission] of [
      ['visibility', 'admin'],
      ['description', 'maintain'],
    ]) {
      const { body } = await bob
        .post(API)
        .send({ name: 'acme/bobs-other', [field ?? '']: 'public' })
        .expect(403)
      expect(body.detail).toContain(`the permission ${permission} on acme/bobs-other for ${field}; leave that out`)
    }
    await bob.get(pathOf('acme/bobs-other')).expect(404)
    await bob.post(API).send({ name: 'acme/not-bobs' }).expect(404)
    await bob.post(API).send({ name: 'nobodys/repository' }).expect(404)
    await server.anonymous.post(API).send({ name: 'acme/not-bobs' }).expect(401)
    const narrowed = await narrowAlice('acme/narrow-*', 'push')
    await narrowed.post(API).send({ name: 'acme/narrow-1' }).expect(201)
    await narrowed.post(API).send({ name: 'acme/wide' }).expect(404)
  })

  test('by an administrator makes the organization too, as a push does', async () => {
    await server.admin.post(API).send({ name: 'newcomers/first' }).expect(201)
    await server.admin.get('/api/v1/organizations/newcomers').expect(200)
    await server.admin.post(API).send({ name: 'api/first' }).expect(403)
  })

  test.each([
    {},
    { name: 1 },
    { name: 'Not/A/Name' },
    { name: 'alice/strict-too', ownerId: 1 },
    { name: 'alice/strict-too', visibility: 'internal' },
    { name: 'alice/strict-too', description: 'two\nlines' },
  ])('S18: refuses %j', async (fields) => {
    await alice.post(API).send(fields).expect(400)
  })
})

describe('looking', () => {
  test('shows when it came and when it was pushed to', async () => {
    await pushImage(alice, 'alice/looked-at', { tag: 'v1' })
    const { body, headers } = await alice.get(pathOf('alice/looked-at')).expect(200)
    const aTime = expect.stringMatching(/^\d{4}-.*Z$/)
    const shownInLists = {
      name: 'alice/looked-at',
      visibility: 'private',
      description: '',
      state: 'active',
      successor: null,
      isOfficial: false,
      stars: 0,
      pulls: 0,
      lastPulledAt: null,
      createdAt: aTime,
      pushedAt: aTime,
    }
    expect(body).toEqual({ ...shownInLists, readme: '', labels: {}, isStarred: false, permission: 'admin' })
    expect(headers['etag']).toMatch(/^"\d+"$/)
    const list = await alice.get(API).query({ after: 'alice/looked', limit: 1 }).expect(200)
    expect(list.body.items).toEqual([shownInLists])
  })

  test('tells which images are official', async () => {
    await pushImage(server.admin, 'library/nginx', { tag: '1' })
    const { body } = await server.admin.get(pathOf('nginx')).expect(200)
    expect(body).toMatchObject({ name: 'library/nginx', isOfficial: true })
  })

  test('tells what the credential that asks may do, which a narrowed one may less than its owner', async () => {
    await pushImage(alice, 'acme/permitted', { tag: 'v1' })
    await alice.patch(pathOf('acme/permitted')).send({ visibility: 'public' }).expect(200)
    const seenBy = async (client: Client) => (await client.get(pathOf('acme/permitted')).expect(200)).body.permission
    expect(await seenBy(alice)).toBe('admin')
    expect(await seenBy(await narrowAlice('acme/permitted', 'maintain'))).toBe('maintain')
    expect(await seenBy(await narrowAlice('acme/another', 'admin'))).toBe('pull')
    expect(await seenBy(server.anonymous)).toBe('pull')
    expect(await seenBy(bob)).toBe('pull')
    await grantToBob('acme/permitted', 'push')
    expect(await seenBy(bob)).toBe('push')
  })

  test('I5: forbidden, absent and impossible look the same', async () => {
    await pushImage(alice, 'alice/hidden', { tag: 'v1' })
    const answers = []
    for (const name of ['alice/hidden', 'alice/absent', 'Alice/..']) {
      const { status, body } = await bob.get(pathOf(name))
      answers.push({ status, body: { ...body, requestId: '' } })
    }
    expect(answers[0]?.status).toBe(404)
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })
})

describe('changing', () => {
  test('opens a repository to everybody and closes it again, at once', async () => {
    await pushImage(alice, 'alice/door', { tag: 'v1' })
    for (const [visibility, status] of [
      ['public', 200],
      ['private', 401],
    ] as const) {
      const { body } = await alice.patch(pathOf('alice/door')).send({ visibility }).expect(200)
      expect(body.visibility).toBe(visibility)
      await server.anonymous.get('/v2/alice/door/manifests/v1').expect(status)
    }
  })

  test('of a version that others have changed is refused', async () => {
    await pushImage(alice, 'alice/versions', { tag: 'v1' })
    const seen = await alice.get(pathOf('alice/versions')).expect(200)
    const ifMatch = String(seen.headers['etag'])
    const change = () => alice.patch(pathOf('alice/versions')).set('If-Match', ifMatch).send({ visibility: 'public' })
    const changed = await change().expect(200)
    expect(changed.headers['etag']).not.toBe(ifMatch)
    const { body } = await change().expect(412)
    expect(body.title).toBe('PRECONDITION_FAILED')
  })

  test.each([{ ownerId: 1 }, { visibility: 'internal' }, { name: 'Not/A/Name' }, { name: 1 }, { createdAt: null }])(
    'S18: refuses %j',
    async (fields) => {
      await pushImage(alice, 'alice/strict', { tag: 'v1' })
      await alice.patch(pathOf('alice/strict')).send(fields).expect(400)
    },
  )

  test('takes the permission maintain for what is said of it, and admin for who sees it and for its name', async () => {
    await pushImage(alice, 'acme/maintained', { tag: 'v1' })
    await grantToBob('acme/maintained', 'maintain')
    const change = (fields: object) => bob.patch(pathOf('acme/maintained')).send(fields)
    await change({ description: 'x', readme: 'x', labels: {}, state: 'archived', successor: 'acme/x' }).expect(200)
    await change({ state: 'active' }).expect(200)
    for (const fields of [{ visibility: 'public' }, { name: 'acme/mine-now' }, { name: null }]) {
      const { body } = await change({ description: 'y', ...fields }).expect(403)
      expect(body.detail).toContain(`the permission admin on acme/maintained for ${Object.keys(fields)[0]}; leave`)
    }
    expect((await alice.get(pathOf('acme/maintained')).expect(200)).body).toMatchObject({
      visibility: 'private',
      description: 'x',
    })
    await bob.delete(pathOf('acme/maintained')).expect(403)
  })

  test('is for nobody who may only push, who is told so, and of others’ repositories nobody is told', async () => {
    await pushImage(alice, 'acme/pushed', { tag: 'v1' })
    await grantToBob('acme/pushed', 'push')
    const { body } = await bob.patch(pathOf('acme/pushed')).send({ description: 'x' }).expect(403)
    expect(body.detail).toContain('maintain')
    await pushImage(alice, 'acme/not-for-bob', { tag: 'v1' })
    await bob.patch(pathOf('acme/not-for-bob')).send({ visibility: 'public' }).expect(404)
    await server.anonymous.patch(pathOf('acme/not-for-bob')).send({ visibility: 'public' }).expect(404)
  })
})

describe('renaming', () => {
  test('keeps the content, which goes on answering under the old name too', async () => {
    await pushImage(alice, 'alice/before', { tag: 'v1' })
    const { body } = await alice.patch(pathOf('alice/before')).send({ name: 'alice/after' }).expect(200)
    expect(body.name).toBe('alice/after')
    const byOldName = await alice.get(pathOf('alice/before')).expect(200)
    expect(byOldName.body).toEqual(body)
    for (const name of ['before', 'after']) await alice.get(`/v2/alice/${name}/manifests/v1`).expect(200)
    await alice.patch(pathOf('alice/before')).send({ name: 'alice/before' }).expect(200)
  })

  test('stays in the namespace', async () => {
    await pushImage(alice, 'alice/stays', { tag: 'v1' })
    for (const name of ['acme/stays', 'stays']) {
      const { body } = await alice.patch(pathOf('alice/stays')).send({ name }).expect(422)
      expect(body).toMatchObject({ title: 'OTHER_NAMESPACE', detail: expect.stringContaining('begins with alice/') })
    }
  })

  test('takes no name that another has, and then changes nothing else either', async () => {
    for (const name of ['alice/one', 'alice/two']) await pushImage(alice, name, { tag: 'v1' })
    const change = { name: 'alice/two', visibility: 'public' }
    const { body } = await alice.patch(pathOf('alice/one')).send(change).expect(409)
    expect(body.title).toBe('NAME_TAKEN')
    expect((await alice.get(pathOf('alice/one')).expect(200)).body.visibility).toBe('private')
  })

  test('needs a right to the new name, and tells nothing of names beyond one’s rights', async () => {
    for (const name of ['acme/mine', 'acme/secret']) await pushImage(alice, name, { tag: 'v1' })
    await grantToBob('acme/mine', 'admin')
    await grantToBob('acme/mine-*', 'push')
    const rename = (name: string) => bob.patch(pathOf('acme/mine')).send({ name })
    const taken = await rename('acme/secret').expect(422)
    const absent = await rename('acme/secret-too').expect(422)
    expect(taken.body.title).toBe('NAME_EXCEEDS_RIGHTS')
    expect(taken.body.detail).toBe(absent.body.detail.replace('secret-too', 'secret'))
    await rename('acme/mine-now').expect(200)
  })

  test('S02: does not carry a narrowed token beyond its scopes', async () => {
    await pushImage(alice, 'acme/web-1', { tag: 'v1' })
    const narrowed = await narrowAlice('acme/web-*', 'admin')
    await narrowed.patch(pathOf('acme/web-1')).send({ name: 'acme/production' }).expect(422)
    await narrowed.patch(pathOf('acme/web-1')).send({ name: 'acme/web-2' }).expect(200)
  })
})

describe('deleting', () => {
  test('takes everything along, once', async () => {
    await pushImage(alice, 'alice/gone', { tag: 'v1' })
    await alice.delete(pathOf('alice/gone')).expect(204)
    await alice.get(pathOf('alice/gone')).expect(404)
    await alice.get('/v2/alice/gone/manifests/v1').expect(404)
    await alice.delete(pathOf('alice/gone')).expect(404)
  })
})
