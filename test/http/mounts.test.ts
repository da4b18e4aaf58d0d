import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, openTestServer, pushBlob, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.close())

describe('mounting', () => {
  test('links a blob of a repository the caller may pull', async () => {
    const digest = await pushBlob(server.admin, 'acme/source', 'mount me')
    const { headers } = await server.admin
      .post('/v2/acme/target/blobs/uploads/')
      .query({ mount: digest, from: 'acme/source' })
      .expect(201)
    expect(headers['location']).toBe(`/v2/acme/target/blobs/${digest}`)
    await server.admin.head(`/v2/acme/target/blobs/${digest}`).expect(200)
  })

  test('without from looks everywhere the caller may pull', async () => {
    const digest = await pushBlob(server.admin, 'acme/somewhere', 'mount me from anywhere')
    await server.admin.post('/v2/acme/target/blobs/uploads/').query({ mount: digest }).expect(201)
  })

  test('S03: of what only a private repository of others has is an upload like any other, and links nothing', async () => {
    const digest = await pushBlob(server.admin, 'acme/secret', 'a secret layer')
    const bob = await server.createUser('bob')
    await bob.post('/api/v1/organizations').send({ name: 'bobs' }).expect(201)
    const scopes = [{ repositories: 'bobs/**', permission: 'push' }]
    const token = await bob.post('/api/v1/user/tokens').send({ name: 'narrowed', scopes }).expect(201)
    const robot = await bob.post('/api/v1/organizations/bobs/robots').send({ name: 'ci', scopes }).expect(201)
    const scope = 'repository:bobs/app:pull,push repository:acme/secret:pull'
    for (const client of [
      bob,
      server.as(basic('bob', token.body.token)),
      server.as(basic(robot.body.username, robot.body.secret)),
      server.as(await server.token(bob, scope)),
      server.as(await server.token(server.as(basic(robot.body.username, robot.body.secret)), scope)),
    ]) {
      for (const query of [
        { mount: digest, from: 'acme/secret' },
        { mount: digest },
        { mount: digest, from: 'acme/absent' },
      ]) {
        const { headers } = await client.post('/v2/bobs/app/blobs/uploads/').query(query).expect(202)
        expect(headers['location']).toMatch(/uploads/)
      }
      await client.head(`/v2/acme/secret/blobs/${digest}`).expect(401)
      // None of it has made the repository, and once it is there it has no such blob.
      await client.head(`/v2/bobs/app/blobs/${digest}`).expect(404)
    }
    await bob.get('/api/v1/repositories/bobs%2Fapp').expect(404)
    await pushBlob(bob, 'bobs/app', 'another layer')
    for (const address of [`/v2/bobs/app/blobs/${digest}`, `/v2/bobs/app/manifests/${digest}`]) {
      await bob.head(address).expect(404)
      await bob.get(address).set('If-None-Match', `"${digest}"`).expect(404)
      await bob.get(address).set('Range', 'bytes=0-1').expect(404)
    }
  })

  test('S03: a narrowed token mounts no more than its scopes, though its owner could', async () => {
    const mia = await server.createUser('mia')
    const digest = await pushBlob(mia, 'mia/source', 'a layer of her own')
    const scopes = [{ repositories: 'mia/target', permission: 'push' }]
    const { body } = await mia.post('/api/v1/user/tokens').send({ name: 'narrowed', scopes }).expect(201)
    const narrowed = server.as(basic('mia', body.token))
    const byJwt = server.as(await server.token(narrowed, 'repository:mia/target:pull,push repository:mia/source:pull'))
    for (const client of [narrowed, byJwt]) {
      for (const query of [{ mount: digest, from: 'mia/source' }, { mount: digest }]) {
        await client.post('/v2/mia/target/blobs/uploads/').query(query).expect(202)
      }
    }
    await mia.head(`/v2/mia/target/blobs/${digest}`).expect(404)
    await mia.post('/v2/mia/target/blobs/uploads/').query({ mount: digest, from: 'mia/source' }).expect(201)
  })

  test.each(['SHA256:ABC', ' sha256:x', 'nonsense'])('S44: of %s is an upload like any other', async (mount) => {
    await server.admin.post('/v2/acme/target/blobs/uploads/').query({ mount, from: 'acme/source' }).expect(202)
  })

  test('a token for the target alone is enough when its user may read the source', async () => {
    const digest = await pushBlob(server.admin, 'acme/source', 'mounted by token')
    const client = server.as(await server.token(server.admin, 'repository:acme/target:pull,push'))
    await client.post('/v2/acme/target/blobs/uploads/').query({ mount: digest, from: 'acme/source' }).expect(201)
  })
})
