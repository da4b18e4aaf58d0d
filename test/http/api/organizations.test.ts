import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const API = '/api/v1/organizations'

let server: TestServer
let alice: Client
let bob: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
})
afterAll(() => server.close())

/** Creates an organization that Alice owns. */
async function createOrganization(name: string): Promise<string> {
  await alice.post(API).send({ name }).expect(201)
  return `${API}/${name}`
}

async function addMember(organization: string, username: string, role: string): Promise<Client> {
  const client = await server.createUser(username)
  await alice.put(`${organization}/members/${username}`).send({ role }).expect(201)
  return client
}

async function listNames(client: Client): Promise<string[]> {
  const { body } = await client.get(API).expect(200)
  return body.items.map(({ name }: { name: string }) => name)
}

describe('creating', () => {
  test('makes whoever asks the owner', async () => {
    const created = await alice.post(API).send({ name: 'acme', displayName: 'Acme Ltd.' }).expect(201)
    expect(created.body).toEqual({
      name: 'acme',
      displayName: 'Acme Ltd.',
      basePermission: 'pull',
      defaultVisibility: 'private',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      role: 'owner',
    })
    const shown = await alice.get(`${API}/acme`).expect(200)
    expect(shown.body).toEqual(created.body)
    expect(shown.headers['etag']).toBe(created.headers['etag'])
  })

  test.each(['library', 'admin', 'v2', 'Acme', 'a/b', '-a', ''])('refuses the name %j', async (name) => {
    const { body } = await alice.post(API).send({ name }).expect(400)
    expect(body.errors[0].field).toBe('name')
  })

  test('refuses a name that a user or an organization has, or had until recently', async () => {
    const taken = await alice.post(API).send({ name: 'bob' }).expect(409)
    expect(taken.body.title).toBe('NAME_TAKEN')
    const former = await createOrganization('soon-renamed')
    await alice.patch(former).send({ name: 'renamed-at-last' }).expect(200)
    await alice.post(API).send({ name: 'soon-renamed' }).expect(409)
    await alice.delete(`${API}/renamed-at-last`).expect(204)
    await alice.post(API).send({ name: 'renamed-at-last' }).expect(409)
  })

  test.each([{ role: 'owner' }, { basePermission: 'push' }, { id: 1 }])('S18: refuses the field %j', async (fields) => {
    await alice
      .post(API)
      .send({ name: 'privileged', ...fields })
      .expect(400)
    await alice.get(`${API}/privileged`).expect(404)
  })

  test('is for administrators only where users may not', async () => {
    const strict = await openTestServer({ settings: { accounts: { usersCreateOrganizations: false } } })
    try {
      const carol = await strict.createUser('carol')
      const { body } = await carol.post(API).send({ name: 'acme' }).expect(403)
      expect(body.detail).toContain('only administrators')
      await strict.admin.post(API).send({ name: 'acme' }).expect(201)
    } finally {
      await strict.close()
    }
  })
})

describe('who sees an organization', () => {
  test('members and whoever holds a grant, but no stranger, to whom it is as absent as one that is not there', async () => {
    const organization = await createOrganization('secretive')
    const member = await addMember(organization, 'secretive-member', 'member')
    const collaborator = await server.createUser('secretive-collaborator')
    const subject = { type: 'user', name: 'secretive-collaborator' }
    await alice
      .post(`${organization}/grants`)
      .send({ subject, repositories: 'secretive/web', permission: 'pull' })
      .expect(201)

    expect((await member.get(organization).expect(200)).body.role).toBe('member')
    expect((await collaborator.get(organization).expect(200)).body.role).toBeNull()
    expect(await listNames(member)).toEqual(['secretive'])
    expect(await listNames(collaborator)).toEqual(['secretive'])

    expect(await listNames(bob)).toEqual([])
    const hidden = await bob.get(organization).expect(404)
    const absent = await bob.get(`${API}/not-there`).expect(404)
    expect({ ...hidden.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' })
    await server.anonymous.get(organization).expect(401)
  })

  test('administrators and auditors of the registry see all', async () => {
    await createOrganization('seen-by-auditors')
    const auditor = await server.createUser('auditor')
    await server.admin.patch('/api/v1/users/auditor').send({ role: 'auditor' }).expect(200)
    expect(await listNames(auditor)).toEqual(expect.arrayContaining(['library', 'seen-by-auditors']))
    expect(await listNames(server.admin)).toEqual(await listNames(auditor))
    await auditor.patch(`${API}/seen-by-auditors`).send({ displayName: 'Mine' }).expect(403)
  })

  test('lists come in pages', async () => {
    const dave = await server.createUser('dave')
    for (const name of ['page-a', 'page-b', 'page-c']) await dave.post(API).send({ name }).expect(201)
    const first = await dave.get(API).query({ limit: 2 }).expect(200)
    const second = await dave.get(API).query({ limit: 2, after: first.body.next }).expect(200)
    expect([...first.body.items, ...second.body.items].map(({ name }) => name)).toEqual(['page-a', 'page-b', 'page-c'])
    expect(second.body).not.toHaveProperty('next')
  })
})

describe('changing', () => {
  test('is for owners; others who see the organization are told so', async () => {
    const organization = await createOrganization('owned')
    const manager = await addMember(organization, 'owned-manager', 'manager')
    const { body } = await manager.patch(organization).send({ displayName: 'Ours' }).expect(403)
    expect(body.detail).toContain('for owners of owned')
    await manager.delete(organization).expect(403)
    await bob.patch(organization).send({ displayName: 'Ours' }).expect(404)
    const changed = await alice.patch(organization).send({ displayName: 'Owned', basePermission: 'none' }).expect(200)
    expect(changed.body).toMatchObject({ displayName: 'Owned', basePermission: 'none', defaultVisibility: 'private' })
    const cleared = await server.admin.patch(organization).send({ displayName: null }).expect(200)
    expect(cleared.body).toMatchObject({ displayName: null, basePermission: 'none', role: null })
  })

  test('the base permission decides what members hold, from the next request on', async () => {
    const organization = await createOrganization('based')
    const member = await addMember(organization, 'based-member', 'member')
    await pushImage(alice, 'based/web', { tag: 'v1' })
    await member.get('/v2/based/web/manifests/v1').expect(200)
    await alice.patch(organization).send({ basePermission: 'none' }).expect(200)
    await member.get('/v2/based/web/manifests/v1').expect(401)
    await alice.patch(organization).send({ basePermission: 'push' }).expect(200)
    await pushImage(member, 'based/api', { tag: 'v1' })
  })

  test('the default visibility is that of repositories to come', async () => {
    const organization = await createOrganization('visible')
    await pushImage(alice, 'visible/before', { tag: 'v1' })
    await alice.patch(organization).send({ defaultVisibility: 'public' }).expect(200)
    await pushImage(alice, 'visible/after', { tag: 'v1' })
    await server.anonymous.get('/v2/visible/after/manifests/v1').expect(200)
    await server.anonymous.get('/v2/visible/before/manifests/v1').expect(401)
  })

  test('does not overwrite a change that was not seen', async () => {
    const organization = await createOrganization('contended')
    const { headers } = await alice.get(organization).expect(200)
    const etag = headers['etag'] ?? ''
    const changed = await alice.patch(organization).set('If-Match', etag).send({ displayName: 'One' }).expect(200)
    expect(changed.headers['etag']).not.toBe(etag)
    await alice.patch(organization).set('If-Match', etag).send({ displayName: 'Two' }).expect(412)
    expect((await alice.get(organization)).body.displayName).toBe('One')
  })

  test('a renamed organization answers under both names, on the API and on the wire', async () => {
    const organization = await createOrganization('young')
    await pushImage(alice, 'young/web', { tag: 'v1' })
    const renamed = await alice.patch(organization).send({ name: 'old' }).expect(200)
    expect(renamed.body.name).toBe('old')
    expect((await alice.get(organization).expect(200)).body.name).toBe('old')
    await alice.get('/v2/old/web/manifests/v1').expect(200)
    await alice.get('/v2/young/web/manifests/v1').expect(200)
  })

  test('refuses a name that is taken or reserved', async () => {
    const organization = await createOrganization('wishful')
    const { body } = await alice.patch(organization).send({ name: 'bob' }).expect(409)
    expect(body.title).toBe('NAME_TAKEN')
    await alice.patch(organization).send({ name: 'v2' }).expect(400)
    await alice.patch(organization).send({ disabled: true }).expect(400)
  })
})

describe('deleting', () => {
  test('says how many repositories are in the way, and works once they are gone', async () => {
    const organization = await createOrganization('doomed')
    await pushImage(alice, 'doomed/web', { tag: 'v1' })
    const { body } = await alice.delete(organization).expect(409)
    expect(body).toMatchObject({ title: 'HAS_REPOSITORIES', count: 1 })
    expect(body.detail).toContain('one repository')
    await alice.delete('/api/v1/repositories/doomed%2Fweb').expect(204)
    await alice.delete(organization).expect(204)
    await alice.get(organization).expect(404)
    await alice.delete(organization).expect(404)
  })
})

describe('the organization of the official images', () => {
  test('is there from the first start on, for administrators', async () => {
    await server.admin.get(`${API}/library`).expect(200)
    await alice.get(`${API}/library`).expect(404)
  })

  test('keeps its name, and stays', async () => {
    const renamed = await server.admin.patch(`${API}/library`).send({ name: 'official' }).expect(409)
    expect(renamed.body.title).toBe('OFFICIAL_NAMESPACE')
    await server.admin.delete(`${API}/library`).expect(409)
    await server.admin.patch(`${API}/library`).send({ displayName: 'Official images' }).expect(200)
  })
})
