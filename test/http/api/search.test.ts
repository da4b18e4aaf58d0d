import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

let server: TestServer
/** A member of acme. */
let alice: Client
/** Of no organization. */
let bob: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
  await alice.post('/api/v1/organizations').send({ name: 'acme', displayName: 'Acme Rockets' }).expect(201)
  await alice.post('/api/v1/organizations').send({ name: 'hidden' }).expect(201)
  await push('acme/web', { description: 'Our shop', labels: { team: 'web' } })
  await push('acme/web-api', { description: 'What the shop asks', visibility: 'public' })
  await push('acme/rocket-fuel', { readme: `# Fuel\n\nBurns *nginx* logs in Zürich.` })
  await push('acme/old', { visibility: 'public', state: 'deprecated', successor: 'acme/web' })
  await push('hidden/zebrafish', { description: 'Nobody knows of this zebrafish' })
  for (const tag of ['1.9', '1.25', '1.25-alpine', 'latest']) await pushImage(server.admin, 'library/nginx', { tag })
  await describeRepository('library/nginx', { visibility: 'public', description: 'Web server and reverse proxy' })
})
afterAll(() => server.close())

async function push(name: string, changes: object): Promise<void> {
  await pushImage(alice, name, { tag: 'v1' })
  await describeRepository(name, changes)
}

async function describeRepository(name: string, changes: object): Promise<void> {
  await server.admin
    .patch(`/api/v1/repositories/${encodeURIComponent(name)}`)
    .send(changes)
    .expect(200)
}

interface Results {
  readonly items: readonly Record<string, unknown>[]
  readonly facets: { countedOf: number; isComplete: boolean; counts: Record<string, unknown> } | null
  readonly correctedTo: string | null
  readonly next?: string
}

async function search(client: Client, q: string, more: Record<string, string> = {}): Promise<Results> {
  const { body } = await client
    .get('/api/v1/search')
    .query({ q, ...more })
    .expect(200)
  return body
}

async function names(client: Client, q: string, more: Record<string, string> = {}): Promise<unknown[]> {
  return (await search(client, q, more)).items.map((item) => item['name'])
}

/** All pages, as one list. */
async function allPages(client: Client, q: string, more: Record<string, string>): Promise<Results['items']> {
  const items = []
  for (let after: string | undefined, page = 0; page < 50; page++) {
    const found = await search(client, q, { ...more, ...(after !== undefined && { after }) })
    items.push(...found.items)
    after = found.next
    if (after === undefined) return items
  }
  throw new Error('there is no end')
}

describe('repositories', () => {
  test('are found with all that a list shows, and where the words stand', async () => {
    const { items, correctedTo, next } = await search(alice, 'shop')
    expect(items.map((item) => item['name']).sort()).toEqual(['acme/web', 'acme/web-api'])
    expect(items.find((item) => item['name'] === 'acme/web')).toMatchObject({
      type: 'repository',
      description: 'Our shop',
      visibility: 'private',
      state: 'active',
      successor: null,
      isOfficial: false,
      stars: 0,
      kinds: ['image'],
      platforms: ['linux/amd64'],
      labels: { team: 'web' },
      highlights: [{ field: 'description', text: 'Our shop', ranges: [[4, 8]] }],
    })
    expect({ correctedTo, next }).toEqual({ correctedTo: null, next: undefined })
  })

  test('are found by name first', async () => {
    expect((await names(alice, 'web')).slice(0, 2)).toEqual(['acme/web', 'acme/web-api'])
    expect((await names(alice, 'acme/web-api'))[0]).toBe('acme/web-api')
    expect((await names(alice, 'webapi'))[0]).toBe('acme/web-api')
    expect((await names(alice, 'ngin'))[0]).toBe('library/nginx')
    expect((await names(alice, `${server.host}/acme/old:v1`))[0]).toBe('acme/old')
  })

  test('are found by part of a name, and by the README alone, of which an excerpt is shown', async () => {
    expect((await names(alice, 'ocket'))[0]).toBe('acme/rocket-fuel')
    const { items } = await search(alice, 'zurich')
    expect(items).toMatchObject([
      {
        name: 'acme/rocket-fuel',
        highlights: [{ field: 'readme', text: '# Fuel\n\nBurns *nginx* logs in Zürich.', ranges: [[30, 36]] }],
      },
    ])
  })

  test('are found although a word is misspelt, which is said', async () => {
    expect(await search(bob, 'ngnix')).toMatchObject({ correctedTo: 'nginx', items: [{ name: 'library/nginx' }] })
    expect(await search(bob, 'reverze prxoy')).toMatchObject({
      correctedTo: 'reverse proxy',
      items: [{ name: 'library/nginx' }],
    })
  })

  test('are narrowed by qualifiers', async () => {
    expect(await names(alice, 'org:acme is:public')).toEqual(['acme/web-api', 'acme/old'])
    expect(await names(alice, 'is:deprecated')).toEqual(['acme/old'])
    expect(await names(alice, 'is:official')).toEqual(['library/nginx'])
    expect(await names(alice, 'label:team=web')).toEqual(['acme/web'])
    expect(await names(alice, 'label:team=mail')).toEqual([])
    expect(await names(alice, 'org:acme web is:private')).toEqual(['acme/web'])
    expect(await names(alice, 'org:nobody')).toEqual([])
    expect(await names(alice, 'arch:s390x')).toEqual([])
    expect(await names(alice, 'web arch:amd64 os:linux type:image pushed:<1d stars:0')).not.toEqual([])
    expect(await names(alice, 'pushed:>1d')).toEqual([])
    expect(await names(alice, 'stars:>0')).toEqual([])
  })

  test('are all there without a query, and none for signs that are no words', async () => {
    expect(await names(alice, '')).toHaveLength(6)
    expect(await names(alice, '***')).toEqual([])
  })

  test('are counted on the first page', async () => {
    const first = await search(alice, '', { limit: '2' })
    expect(first.facets).toMatchObject({
      countedOf: 6,
      counts: {
        organization: [
          { value: 'acme', count: 4 },
          { value: 'hidden', count: 1 },
          { value: 'library', count: 1 },
        ],
      },
    })
    const { facets } = await search(alice, '', { limit: '2', after: first.next ?? '' })
    expect(facets).toBeNull()
    expect((await search(alice, '')).facets?.isComplete).toBe(true)
  })
})

describe('pages', () => {
  test('of any size hold the same, in the same order, each once', async () => {
    for (const q of ['', 'web', 'o', 'acme', 'ngnix']) {
      const whole = (await search(alice, q, { limit: '100' })).items
      for (const limit of ['1', '2', '3', '4']) {
        const paged = await allPages(alice, q, { limit })
        expect(
          paged.map((item) => item['name']),
          `${q} by ${limit}`,
        ).toEqual(whole.map((item) => item['name']))
      }
    }
  })

  test('are of the search that they were handed out for', async () => {
    const { next = '' } = await search(alice, 'web', { limit: '1' })
    for (const [q, type, after] of [
      ['nginx', 'repository', next],
      ['web', 'tag', next],
      ['web', 'repository', 'nonsense'],
      ['web', 'repository', `${next}x`],
      ['web', 'repository', ''],
    ] as const) {
      const { body } = await alice.get('/api/v1/search').query({ q, type, after }).expect(400)
      expect(body).toMatchObject({ title: 'PAGE_INVALID' })
    }
  })

  test('have at most a hundred items, whatever is asked for', async () => {
    expect(await names(alice, '', { limit: '99999' })).toHaveLength(6)
    await alice.get('/api/v1/search').query({ limit: '0' }).expect(400)
  })
})

describe('what one may not see', () => {
  test('is neither found nor counted', async () => {
    for (const client of [bob, server.anonymous]) {
      for (const q of ['zebrafish', 'hidden/zebrafish', 'hidden', 'zebra', 'ebrafis', 'org:hidden', 'is:private']) {
        const found = await search(client, q)
        expect(found.items, q).toEqual([])
        expect(found.facets, q).toMatchObject({ countedOf: 0, isComplete: true })
      }
      expect((await names(client, '')).sort()).toEqual(['acme/old', 'acme/web-api', 'library/nginx'])
    }
    expect(await names(alice, 'zebrafish')).toEqual(['hidden/zebrafish'])
  })

  test('is no word to be corrected to (S26)', async () => {
    expect(await search(bob, 'zebrafihs')).toEqual(await search(bob, 'xebrxfihx'))
    expect((await search(alice, 'zebrafihs')).correctedTo).toBe('zebrafish')
  })

  test('is not found with less than all rights either', async () => {
    const scopes = [{ repositories: 'acme/web', permission: 'pull' }]
    const { body } = await alice.post('/api/v1/user/tokens').send({ name: 'ci', scopes }).expect(201)
    const narrowed = server.as(`Bearer ${body.token}`)
    expect((await names(narrowed, '')).sort()).toEqual(['acme/old', 'acme/web', 'acme/web-api', 'library/nginx'])
    expect(await names(narrowed, 'zebrafish')).toEqual([])
  })

  test('wrong credentials are refused', async () => {
    await server.as('Bearer nonsense').get('/api/v1/search').expect(401)
  })
})

describe('tags', () => {
  test('are found by what is behind the colon, the newest version first', async () => {
    const { items, facets } = await search(bob, 'nginx:1.25', { type: 'tag' })
    expect(items.map((item) => item['tag'])).toEqual(['1.25', '1.25-alpine'])
    expect(items[0]).toMatchObject({
      type: 'tag',
      repository: 'library/nginx',
      kind: 'image',
      platforms: ['linux/amd64'],
    })
    expect(facets).toBeNull()
  })

  test('are found by the last word, or all of a repository by its name', async () => {
    const tagsOf = async (q: string) => (await search(bob, q, { type: 'tag' })).items.map((item) => item['tag'])
    expect(await tagsOf('nginx 1.9')).toEqual(['1.9'])
    expect(await tagsOf('nginx')).toEqual(['latest', '1.25', '1.25-alpine', '1.9'])
    expect(await tagsOf('reverse proxy')).toHaveLength(4)
    expect(await tagsOf('nginx:2')).toEqual([])
    expect(await tagsOf('zebrafish:v')).toEqual([])
  })

  test('come in pages', async () => {
    for (const q of ['', 'web', 'nginx 1']) {
      const whole = (await search(alice, q, { type: 'tag', limit: '100' })).items
      expect(whole.length).toBeGreaterThan(1)
      for (const limit of ['1', '2', '3']) expect(await allPages(alice, q, { type: 'tag', limit })).toEqual(whole)
    }
  })
})

describe('accounts', () => {
  test('are found by name and display name', async () => {
    const item = { type: 'organization', name: 'acme', displayName: 'Acme Rockets' }
    for (const q of ['acme', 'acm', 'rocket', 'cme']) {
      expect((await search(alice, q, { type: 'organization' })).items, q).toEqual([item])
    }
    expect(await names(alice, 'ali', { type: 'user' })).toEqual(['alice'])
    expect(await names(alice, 'ali', { type: 'organization' })).toEqual([])
  })

  test('are found by those only who may know of them', async () => {
    expect(await names(bob, 'hidden', { type: 'organization' })).toEqual([])
    expect(await names(bob, 'acme', { type: 'organization' })).toEqual(['acme'])
    expect(await names(server.anonymous, '', { type: 'user' })).toEqual([])
    expect(await names(alice, '', { type: 'organization' })).toEqual(expect.arrayContaining(['acme', 'hidden']))
  })

  test('come in pages', async () => {
    for (const q of ['', 'a', 'li']) {
      const whole = (await search(server.admin, q, { type: 'user', limit: '100' })).items
      for (const limit of ['1', '2']) {
        expect(await allPages(server.admin, q, { type: 'user', limit })).toEqual(whole)
      }
    }
    expect(await names(server.admin, '', { type: 'user' })).toEqual(expect.arrayContaining(['admin', 'alice', 'bob']))
  })
})

describe('a query that means nothing', () => {
  test.each([
    ['lable:team=web', 'repository', 'did you mean label:?'],
    ['is:starred', 'repository', 'is:deprecated'],
    ['x'.repeat(501), 'repository', 'at most 500 characters'],
    ['acme is:public', 'organization', 'is: say what repositories are'],
    ['os:linux arch:arm64', 'user', 'os:, arch: say what repositories are'],
  ])('is refused with what to do instead: %s', async (q, type, message) => {
    const { body } = await alice.get('/api/v1/search').query({ q, type }).expect(400)
    expect(body).toMatchObject({ title: 'QUERY_INVALID' })
    expect(body.detail).toContain(message)
  })

  test('is refused when it is no query at all', async () => {
    await alice.get('/api/v1/search').query({ type: 'everything' }).expect(400)
    await alice.get('/api/v1/search').query({ order: 'secret' }).expect(400)
  })
})
