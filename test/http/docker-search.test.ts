import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, basic, type Client, openTestServer, pushImage, type TestServer } from '../support/server.ts'

/** As docker and podman send them. */
const DOCKER = 'docker/20.10.24 go/go1.19.8 kernel/6.1 os/linux arch/amd64 UpstreamClient(Docker-Client/20.10.24)'
const PODMAN = 'containers/5.23.1 (github.com/containers/image)'

let server: TestServer

beforeAll(async () => {
  server = await openTestServer()
  await server.admin.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await add('library/nginx', { visibility: 'public', description: 'Web server' })
  await add('library/team/tool', { visibility: 'public' })
  await add('acme/nginx-proxy', { visibility: 'public', description: 'A proxy' })
  await add('acme/nginx-private', {})
})
afterAll(() => server.close())

async function add(name: string, changes: object): Promise<void> {
  await pushImage(server.admin, name, { tag: 'v1' })
  await server.admin
    .patch(`/api/v1/repositories/${encodeURIComponent(name)}`)
    .send(changes)
    .expect(200)
}

async function search(client: Client, query: Record<string, string>, userAgent = DOCKER) {
  const { body, headers } = await client.get('/v1/search').query(query).set('User-Agent', userAgent).expect(200)
  expect(headers['x-docker-registry-standalone']).toBe('false')
  expect(body.num_results).toBe(body.results.length)
  return body
}

async function names(client: Client, query: Record<string, string>, userAgent?: string): Promise<string[]> {
  const { results } = await search(client, query, userAgent)
  return results.map((result: { name: string }) => result.name)
}

test('the ping says that this is not a registry of the first version', async () => {
  const { headers } = await server.anonymous.get('/v1/_ping').expect(200)
  expect(headers['x-docker-registry-standalone']).toBe('false')
})

test('docker gets what it shows, official images under the name they are pulled by', async () => {
  expect(await search(server.anonymous, { q: 'nginx', n: '25' })).toEqual({
    query: 'nginx',
    num_results: 2,
    results: [
      { name: 'nginx', description: 'Web server', star_count: 0, is_official: true, is_automated: false },
      { name: 'acme/nginx-proxy', description: 'A proxy', star_count: 0, is_official: false, is_automated: false },
    ],
  })
  const [name] = await names(server.anonymous, { q: 'nginx' })
  await server.admin.get(`/v2/${name}/manifests/v1`).expect(200)
})

test.each([
  ['library/nginx', 'nginx'],
  ['nginx:1.25', 'nginx'],
  ['tool', 'library/team/tool'],
  ['ngnix', 'nginx'],
  ['acme/', 'acme/nginx-proxy'],
])('%s finds %s first', async (q, name) => {
  expect((await names(server.anonymous, { q }))[0]).toBe(name)
})

test('without a term, everything is there', async () => {
  expect((await names(server.anonymous, {})).sort()).toEqual(['acme/nginx-proxy', 'library/team/tool', 'nginx'])
  expect(await names(server.anonymous, { q: '' })).toHaveLength(3)
})

test.each([
  [{ n: '1' }, 1],
  [{ n: '0' }, 1],
  [{ n: '-5' }, 1],
  [{ n: '1000' }, 3],
  [{ n: 'many' }, 3],
  [{ page: '2', page_size: '1', other: 'x' }, 3],
])('of %j as many as there may be', async (query, count) => {
  expect(await names(server.anonymous, query)).toHaveLength(count)
})

test('qualifiers count, and what would be a mistake in one is words', async () => {
  expect(await names(server.anonymous, { q: 'is:official nginx' })).toEqual(['nginx'])
  for (const q of ['is:', 'stars:many', 'foo:>3', 'x'.repeat(2_000), '***']) {
    expect(await names(server.anonymous, { q }), q).toEqual([])
  }
})

test.each(['256.256.256.256', 'localhost:99999', '..'])('a host that can be none, %s, is no fault', async (host) => {
  for (const path of ['/v1/search', '/api/v1/search']) {
    await server.anonymous.get(path).query({ q: 'nginx' }).set('Host', host).expect(200)
  }
})

test('what is sent twice counts once', async () => {
  await server.anonymous.get('/v1/search?q=nginx&q=tool&n=1&n=2').expect(200)
})

describe('credentials', () => {
  test.each([
    ['a password', async () => basic(ADMIN.username, ADMIN.password)],
    ['a token for searching', () => server.token(server.admin, 'registry:catalog:search')],
    ['a token for the catalog', () => server.token(server.admin, 'registry:catalog:*')],
  ])('%s shows what is private', async (_, authorizationOf) => {
    const found = await names(server.as(await authorizationOf()), { q: 'nginx' })
    expect(found.sort()).toEqual(['acme/nginx-private', 'acme/nginx-proxy', 'nginx'])
  })

  test('a token for something else shows what is public', async () => {
    const token = await server.token(server.admin, 'repository:acme/nginx-private:pull')
    expect((await names(server.as(token), { q: 'nginx' })).sort()).toEqual(['acme/nginx-proxy', 'nginx'])
  })

  test('the empty ones that docker sends when it has none are none', async () => {
    expect(await names(server.as(basic('', '')), { q: 'nginx' })).toHaveLength(2)
  })

  test('wrong ones are refused', async () => {
    await server.as(basic(ADMIN.username, 'wrong')).get('/v1/search?q=nginx').expect(401)
  })
})

describe('podman', () => {
  test.each([PODMAN, 'Buildah/1.28.2', 'skopeo/1.9.3', 'libpod/4.3.1', 'podman/5.0'])(
    'as %s is sent to the catalog while anything is private, where it has credentials',
    async (userAgent) => {
      await server.anonymous.get('/v1/search?q=nginx').set('User-Agent', userAgent).expect(404)
    },
  )

  test('is answered when it does have credentials', async () => {
    expect(await names(server.admin, { q: 'nginx' }, PODMAN)).toHaveLength(3)
  })

  test('is answered when nothing is private, or when the settings say so', async () => {
    const other = await openTestServer()
    const lenient = await openTestServer({ settings: { search: { sendPodmanToCatalog: false } } })
    try {
      await other.admin.patch('/api/v1/organizations/library').send({ defaultVisibility: 'public' }).expect(200)
      await pushImage(other.admin, 'library/nginx', { tag: 'v1' })
      expect(await names(other.anonymous, { q: 'nginx' }, PODMAN)).toEqual(['nginx'])
      await pushImage(lenient.admin, 'library/nginx', { tag: 'v1' })
      expect(await names(lenient.anonymous, { q: 'nginx' }, PODMAN)).toEqual([])
    } finally {
      await Promise.all([other.close(), lenient.close()])
    }
  })
})
