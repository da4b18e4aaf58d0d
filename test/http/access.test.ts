import jsonwebtoken from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ADMIN,
  basic,
  type Client,
  digestOf,
  openTestServer,
  pushBlob,
  pushImage,
  type TestServer,
} from '../support/server.ts'

let server: TestServer
let time: number
let alice: Client
let bob: Client

beforeAll(async () => {
  time = Date.now()
  server = await openTestServer({ overrides: { now: () => time } })
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
  await pushImage(alice, 'alice/secret', { tag: 'v1' })
  await pushImage(alice, 'alice/open', { tag: 'v1' })
  await alice.patch('/api/v1/repositories/alice%2Fopen').send({ visibility: 'public' }).expect(200)
})
afterAll(() => server.close())

describe('the challenge', () => {
  test('greets everybody at /v2/, public repositories or not', async () => {
    const { headers, body } = await server.anonymous.get('/v2/').expect(401)
    expect(headers['www-authenticate']).toBe(`Bearer realm="${server.url}/token",service="${server.host}"`)
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0')
    expect(body.errors[0].code).toBe('UNAUTHORIZED')
  })

  test('names the host that the client used', async () => {
    const { headers } = await server.anonymous.get('/v2/').set('Host', 'registry.example:8443').expect(401)
    expect(headers['www-authenticate']).toContain('realm="http://registry.example:8443/token"')
  })

  test('S54: cannot be steered by a forwarded or a malformed host', async () => {
    const forwarded = await server.anonymous
      .get('/v2/')
      .set('X-Forwarded-Host', 'evil.example')
      .set('X-Forwarded-Proto', 'https')
    expect(forwarded.headers['www-authenticate']).toContain(`realm="${server.url}/token"`)
    const malformed = await server.anonymous.get('/v2/').set('Host', 'x",realm="http://evil.example')
    expect(malformed.headers['www-authenticate']).toContain(`realm="${server.url}/token"`)
  })

  test.each([
    ['get', '/v2/alice/secret/manifests/v1', 'repository:alice/secret:pull'],
    ['post', '/v2/alice/secret/blobs/uploads/', 'repository:alice/secret:pull,push'],
    ['put', '/v2/alice/secret/manifests/v1', 'repository:alice/secret:pull,push'],
    ['delete', '/v2/alice/secret/manifests/v1', 'repository:alice/secret:delete'],
    ['delete', '/v2/alice/secret/blobs/uploads/x', 'repository:alice/secret:pull,push'],
    ['get', '/v2/_catalog', 'registry:catalog:*'],
  ] as const)('of %s %s asks for %s', async (method, path, scope) => {
    const { headers } = await server.anonymous[method](path).expect(401)
    expect(headers['www-authenticate']).toContain(`scope="${scope}"`)
    expect(headers['www-authenticate']).not.toContain('error=')
  })
})

describe('the token endpoint', () => {
  const scopes = (token: string) => (jsonwebtoken.decode(token) as { access: object[] }).access

  test('answers docker: a token under both names, its life and its birth', async () => {
    const { body, headers } = await alice
      .get('/token')
      .query({ service: server.host, scope: 'repository:alice/secret:push,pull', account: 'alice' })
      .expect(200)
    expect(body.token).toBe(body.access_token)
    expect(body.expires_in).toBe(900)
    expect(Date.parse(body.issued_at)).toBe(time)
    expect(body.refresh_token).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
    const { header, payload } = jsonwebtoken.decode(body.token, { complete: true }) ?? {}
    expect(header).toMatchObject({ alg: 'ES256', typ: 'JWT' })
    expect(payload).toMatchObject({ sub: 'alice', aud: server.host, iss: 'kontor' })
    const jwks = await server.anonymous.get('/.well-known/jwks.json').expect(200)
    expect(jwks.body.keys[0]).toMatchObject({ kid: header?.kid, kty: 'EC', crv: 'P-256', alg: 'ES256' })
    expect(jwks.body.keys[0].d).toBeUndefined()
  })

  test('grants the part of the scopes that one has, without a word about the rest', async () => {
    const { body } = await alice
      .get('/token')
      .query({
        scope: [
          'repository:alice/secret:pull,push repository:bob/app:pull',
          'repository:alice/open:*',
          'nonsense',
          'x:y:z',
        ],
      })
      .expect(200)
    expect(scopes(body.token)).toEqual([
      { type: 'repository', name: 'alice/secret', actions: ['pull', 'push'] },
      { type: 'repository', name: 'alice/open', actions: ['pull', 'push', 'delete'] },
    ])
  })

  test('gives anonymous what is public and nothing else', async () => {
    for (const client of [server.anonymous, server.as('Basic Og==')]) {
      const { body } = await client
        .get('/token')
        .query({ scope: 'repository:alice/open:pull,push repository:alice/secret:pull' })
      expect(scopes(body.token)).toEqual([{ type: 'repository', name: 'alice/open', actions: ['pull'] }])
      const anonymous = server.as(`Bearer ${body.token}`)
      await anonymous.get('/v2/').expect(200)
      await anonymous.get('/v2/alice/open/manifests/v1').expect(200)
      await anonymous.get('/v2/alice/secret/manifests/v1').expect(401)
    }
  })

  test('refuses a wrong password even where anonymous would do', async () => {
    const { body } = await server
      .as(basic('alice', 'wrong'))
      .get('/token')
      .query({ scope: 'repository:alice/open:pull' })
      .expect(401)
    expect(body.errors[0].code).toBe('UNAUTHORIZED')
    await server.as('Basic !!!').get('/token').expect(401)
    await server.as('Digest x').get('/token').expect(401)
  })

  test('takes the password by POST, as containerd sends it', async () => {
    const form = {
      grant_type: 'password',
      username: 'alice',
      password: 'password of alice',
      service: 's',
      scope: 'repository:alice/secret:pull',
    }
    const { body } = await server.anonymous.post('/token').type('form').send(form).expect(200)
    await server.as(`Bearer ${body.access_token}`).get('/v2/alice/secret/manifests/v1').expect(200)
    await server.anonymous
      .post('/token')
      .type('form')
      .send({ ...form, password: 'wrong' })
      .expect(401)
  })

  test('says in OAuth words which grant it does not know', async () => {
    const { body } = await server.anonymous.post('/token').type('form').send({ grant_type: 'magic' }).expect(400)
    expect(body).toEqual({ error: 'unsupported_grant_type' })
  })

  test('hands out a refresh token to docker login, which works until the password changes', async () => {
    const carol = await server.createUser('carol')
    const login = await carol
      .get('/token')
      .query({ offline_token: 'true', client_id: 'docker', service: 's' })
      .expect(200)
    const { refresh_token } = login.body
    const refresh = () =>
      server.anonymous.post('/token').type('form').send({
        grant_type: 'refresh_token',
        refresh_token,
        client_id: 'docker',
        service: 's',
        scope: 'repository:carol/app:push,pull',
      })
    const { body } = await refresh().expect(200)
    expect(body.refresh_token).toBe(refresh_token)
    const byToken = server.as(`Bearer ${body.access_token}`)
    await pushBlob(byToken, 'carol/app', 'by identity token')
    await server.admin.patch('/api/v1/users/carol').send({ password: 'another password' }).expect(200)
    await refresh().expect(401)
    await byToken.get('/v2/').expect(401)
  })

  test('S02: gives no refresh token for a token, and no token for a token', async () => {
    const narrowed = server.as(await server.token(alice, 'repository:alice/secret:pull'))
    await narrowed.get('/token').query({ offline_token: 'true' }).expect(401)
  })

  test('other methods are told which to use', async () => {
    const { headers } = await server.anonymous.delete('/token').expect(405)
    expect(headers['allow']).toBe('GET, POST')
  })
})

describe('what a credential may do', () => {
  test('a password or a token of the owner does everything in the own namespace, created by the first push', async () => {
    await pushImage(alice, 'alice/deeply/nested/name', { tag: 'v1' })
    const token = server.as(await server.token(alice, 'repository:alice/other:pull,push'))
    await pushImage(token, 'alice/other', { tag: 'v1' })
  })

  test('a token does no more than it carries', async () => {
    const reader = server.as(await server.token(alice, 'repository:alice/secret:pull'))
    await reader.get('/v2/alice/secret/manifests/v1').expect(200)
    const { headers, body } = await reader.post('/v2/alice/secret/blobs/uploads/').expect(401)
    expect(headers['www-authenticate']).toContain('error="insufficient_scope"')
    expect(body.errors[0].code).toBe('DENIED')
    await reader.delete('/v2/alice/secret/manifests/v1').expect(401)
    await reader.get('/v2/alice/other/manifests/v1').expect(401)
  })

  test('I5: forbidden and absent are the same answer, to the letter', async () => {
    const paths = (name: string) => [
      `/v2/${name}/manifests/v1`,
      `/v2/${name}/manifests/${digestOf('x')}`,
      `/v2/${name}/blobs/${digestOf('a layer')}`,
      `/v2/${name}/tags/list`,
      `/v2/${name}/referrers/${digestOf('x')}`,
    ]
    for (const client of [bob, server.anonymous, server.as(await server.token(bob, 'repository:alice/secret:pull'))]) {
      for (const [index, path] of paths('alice/secret').entries()) {
        const forbidden = await client.get(path).expect(401)
        const absent = await client.get(paths('alice/absent')[index] ?? '').expect(401)
        expect(comparable(forbidden, 'alice/secret')).toEqual(comparable(absent, 'alice/absent'))
      }
    }
  })

  test('whoever may see a name is told that there is nothing', async () => {
    const { body } = await alice.get('/v2/alice/absent/tags/list').expect(404)
    expect(body.errors[0].code).toBe('NAME_UNKNOWN')
    await alice.get('/v2/alice/absent/manifests/v1').expect(404)
  })

  test('what is public everybody may pull, whatever their credential, and only pull', async () => {
    for (const client of [server.anonymous, bob, server.as(await server.token(bob, 'repository:bob/x:pull'))]) {
      await client.get('/v2/alice/open/manifests/v1').expect(200)
      await client.post('/v2/alice/open/blobs/uploads/').expect(401)
    }
    await alice.patch('/api/v1/repositories/alice%2Fopen').send({ visibility: 'private' }).expect(200)
    await server.anonymous.get('/v2/alice/open/manifests/v1').expect(401)
    await alice.patch('/api/v1/repositories/alice%2Fopen').send({ visibility: 'public' }).expect(200)
  })

  test('nobody pushes official images but an administrator', async () => {
    const { body } = await bob.post('/v2/nginx/blobs/uploads/').expect(401)
    expect(body.errors[0].message).toMatch(/for administrators, push bob\/nginx instead/)
    await bob.post('/v2/library/nginx/blobs/uploads/').expect(401)
    await pushImage(server.admin, 'nginx', { tag: 'latest' })
    await server.admin.get('/v2/library/nginx/manifests/latest').expect(200)
  })

  test('S08: a disabled user is refused at the very next request, by password and by token', async () => {
    const dave = await server.createUser('dave')
    const token = server.as(await server.token(dave, 'repository:dave/app:pull,push'))
    const { headers } = await token.post('/v2/dave/app/blobs/uploads/').expect(202)
    await server.admin.patch('/api/v1/users/dave').send({ disabled: true }).expect(200)
    await dave.get('/v2/').expect(401)
    const refused = await token.patch(String(headers['location'])).send('bytes').expect(401)
    expect(refused.headers['www-authenticate']).toContain('error="invalid_token"')
  })
})

describe('time', () => {
  test('what expires between two requests is refused at the second, though nothing else happens', async () => {
    const expiresAt = new Date(time + 60_000).toISOString()
    const { body } = await alice.post('/api/v1/user/tokens').send({ name: 'short', expiresAt }).expect(201)
    const byAccessToken = server.as(basic('alice', body.token))
    const byJwtBehind = server.as(await server.token(byAccessToken))
    const byJwt = server.as(await server.token(alice))
    for (const client of [byAccessToken, byJwtBehind, byJwt]) {
      await client.get('/v2/').expect(200)
      await client.get('/v2/').expect(200)
    }
    time += 61_000
    await byAccessToken.get('/v2/').expect(401)
    await byJwtBehind.get('/v2/').expect(401)
    await byJwt.get('/v2/').expect(200)
    time += 3 * 3_600_000
    await byJwt.get('/v2/').expect(401)
  })

  test('an expired token is refused, but still finishes the upload it began', async () => {
    const token = server.as(await server.token(alice, 'repository:alice/slow:pull,push'))
    const { headers } = await token.post('/v2/alice/slow/blobs/uploads/').expect(202)
    const location = String(headers['location'])
    time += 3 * 3_600_000
    await token.get('/v2/').expect(401)
    await token.patch(location).set('Content-Type', 'application/octet-stream').send(Buffer.from('slow')).expect(202)
    await token
      .put(location)
      .query({ digest: digestOf('slow') })
      .expect(201)
    await token.post('/v2/alice/slow/blobs/uploads/').expect(401)
    const late = await alice.post('/v2/alice/slow/blobs/uploads/').expect(202)
    time += 24 * 3_600_000
    await token.patch(String(late.headers['location'])).send('bytes').expect(401)
  })
})

describe('the catalogue', () => {
  const list = async (client: Client) => (await client.get('/v2/_catalog').expect(200)).body.repositories

  test('holds what the caller may pull', async () => {
    await pushBlob(bob, 'bob/only-a-blob', 'not yet an image')
    expect(await list(bob)).toEqual(['alice/open'])
    expect(await list(alice)).toEqual(expect.arrayContaining(['alice/open', 'alice/secret']))
    expect(await list(server.as(await server.token(server.anonymous)))).toEqual(['alice/open'])
    expect(await list(server.admin)).toEqual(expect.arrayContaining(['alice/secret', 'library/nginx']))
  })

  test('takes a token for it, as podman finds out', async () => {
    const without = server.as(await server.token(bob))
    const { headers } = await without.get('/v2/_catalog').expect(401)
    expect(headers['www-authenticate']).toContain('error="insufficient_scope"')
    expect(headers['www-authenticate']).toContain('scope="registry:catalog:*"')
    for (const scope of ['registry:catalog:*', 'registry:catalog:search']) {
      expect(await list(server.as(await server.token(bob, scope)))).toEqual(['alice/open'])
    }
  })
})

describe('credentials that are no good', () => {
  test.each([
    'Bearer',
    'Bearer x.y.z',
    `Bearer ${'x'.repeat(20_000)}`,
    `Bearer ${jsonwebtoken.sign({ sub: 'admin', access: [] }, 'guess', { algorithm: 'HS256' })}`,
    'Basic',
    basic(ADMIN.username, 'wrong'),
    basic('nobody', 'x'),
    'Negotiate abc',
  ])('S10: %s is answered with invalid_token, even for what is public', async (authorization) => {
    for (const path of ['/v2/', '/v2/alice/open/manifests/v1']) {
      const { headers } = await server.as(authorization).get(path).expect(401)
      expect(headers['www-authenticate']).toContain('error="invalid_token"')
    }
  })
})

/** An answer without what differs between any two: its time, its id and the name that was asked for. */
function comparable(response: { status: number; headers: Record<string, string>; text: string }, name: string) {
  const { date: _date, 'x-request-id': _id, 'content-length': _length, ...headers } = response.headers
  return JSON.parse(JSON.stringify({ status: response.status, headers, body: response.text }).replaceAll(name, 'NAME'))
}
