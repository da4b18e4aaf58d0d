import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

let server: TestServer
let alice: Client
let bob: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  for (const name of ['acme/open', 'acme/other', 'acme/private', 'acme/to-be-closed']) {
    await pushImage(alice, name, { tag: 'v1' })
    if (name !== 'acme/private') await alice.patch(pathOf(name)).send({ visibility: 'public' }).expect(200)
  }
})
afterAll(() => server.close())

function pathOf(repository: string): string {
  return `/api/v1/repositories/${encodeURIComponent(repository)}`
}

function starOf(repository: string): string {
  return `${pathOf(repository)}/star`
}

async function look(client: Client, repository: string): Promise<{ stars: number; isStarred: boolean }> {
  const { stars, isStarred } = (await client.get(pathOf(repository)).expect(200)).body
  return { stars, isStarred }
}

async function starredBy(client: Client, query: object = {}): Promise<string[]> {
  const { body } = await client.get('/api/v1/user/stars').query(query).expect(200)
  return body.items.map(({ name }: { name: string }) => name)
}

describe('a star', () => {
  test('is given once, counted for everybody, and shown to whoever gave it', async () => {
    for (let time = 0; time < 2; time++) await bob.put(starOf('acme/open')).expect(204)
    expect(await look(bob, 'acme/open')).toEqual({ stars: 1, isStarred: true })
    expect(await look(alice, 'acme/open')).toEqual({ stars: 1, isStarred: false })
    expect(await look(server.anonymous, 'acme/open')).toEqual({ stars: 1, isStarred: false })
    await alice.put(starOf('acme/open')).expect(204)
    expect(await look(alice, 'acme/open')).toEqual({ stars: 2, isStarred: true })
    const list = await server.anonymous.get('/api/v1/repositories').expect(200)
    expect(list.body.items[0]).toMatchObject({ name: 'acme/open', stars: 2 })
  })

  test('is taken back once, and by nobody else', async () => {
    await bob.put(starOf('acme/other')).expect(204)
    await alice.delete(starOf('acme/other')).expect(404)
    await bob.delete(starOf('acme/other')).expect(204)
    const { body } = await bob.delete(starOf('acme/other')).expect(404)
    expect(body.detail).toContain('star of yours')
    expect(await look(bob, 'acme/other')).toEqual({ stars: 0, isStarred: false })
  })

  test('changes no version: whoever edits the description goes on', async () => {
    const { headers } = await alice.get(pathOf('acme/other')).expect(200)
    await bob.put(starOf('acme/other')).expect(204)
    const ifMatch = String(headers['etag'])
    await alice.patch(pathOf('acme/other')).set('If-Match', ifMatch).send({ description: 'x' }).expect(200)
  })

  test('goes with whoever gave it', async () => {
    const carol = await server.createUser('carol')
    const { stars } = await look(alice, 'acme/open')
    await carol.put(starOf('acme/open')).expect(204)
    expect((await look(alice, 'acme/open')).stars).toBe(stars + 1)
    await server.admin.delete('/api/v1/users/carol').expect(204)
    expect((await look(alice, 'acme/open')).stars).toBe(stars)
  })

  test('leaves nothing in the audit trail', async () => {
    const newest = async () => (await server.admin.get('/api/v1/audit').query({ limit: 1 })).body.items[0].id
    const before = await newest()
    await bob.put(starOf('acme/open')).expect(204)
    expect(await newest()).toBe(before)
  })

  test('I5: tells nothing of what one may not pull', async () => {
    for (const verb of ['put', 'delete'] as const) {
      const answers = []
      for (const name of ['acme/private', 'acme/absent']) {
        const { status, body } = await bob[verb](starOf(name))
        answers.push({ status, body: { ...body, requestId: '' } })
      }
      expect(answers[0]?.status).toBe(404)
      expect(answers[1]).toEqual(answers[0])
    }
  })

  test('is for users with all their rights: others are told why not', async () => {
    await server.anonymous.put(starOf('acme/open')).expect(401)
    const scopes = [{ repositories: 'acme/**', permission: 'admin' }]
    const robot = await alice.post('/api/v1/organizations/acme/robots').send({ name: 'ci', scopes }).expect(201)
    const narrowed = await alice.post('/api/v1/user/tokens').send({ name: 'ci', scopes }).expect(201)
    const bearer = await server.token(alice, 'repository:acme/open:pull')
    const whole = await alice.post('/api/v1/user/tokens').send({ name: 'whole' }).expect(201)
    const before = await look(alice, 'acme/open')
    for (const header of [basic(robot.body.username, robot.body.secret), basic('alice', narrowed.body.token), bearer]) {
      for (const path of [starOf('acme/open'), starOf('acme/other')]) {
        const { body } = await server.as(header).put(path).expect(403)
        expect(body.detail).toContain('use a password or an access token without scopes')
        await server.as(header).delete(path).expect(403)
      }
      await server.as(header).get('/api/v1/user/stars').expect(403)
    }
    expect(await look(alice, 'acme/open')).toEqual(before)
    expect(await look(server.as(basic(robot.body.username, robot.body.secret)), 'acme/open')).toMatchObject({
      isStarred: false,
    })
    await server.as(basic('alice', whole.body.token)).put(starOf('acme/open')).expect(204)
  })
})

describe('the list of stars', () => {
  test('is one’s own, in order of name and in pages, as lists show repositories', async () => {
    const dora = await server.createUser('dora')
    expect(await starredBy(dora)).toEqual([])
    for (const name of ['acme/to-be-closed', 'acme/open', 'acme/other']) await dora.put(starOf(name)).expect(204)
    expect(await starredBy(dora)).toEqual(['acme/open', 'acme/other', 'acme/to-be-closed'])
    const { body } = await dora.get('/api/v1/user/stars').query({ limit: 2 }).expect(200)
    const listed = (await dora.get('/api/v1/repositories').expect(200)).body.items
    expect(body.items).toEqual(listed.slice(0, 2))
    expect(await starredBy(dora, { limit: 2, after: body.next })).toEqual(['acme/to-be-closed'])
    await server.anonymous.get('/api/v1/user/stars').expect(401)
  })

  test('leaves out what one may no longer pull, and a star on it cannot be taken back for it is not there', async () => {
    const eve = await server.createUser('eve')
    for (const name of ['acme/open', 'acme/to-be-closed']) await eve.put(starOf(name)).expect(204)
    await alice.patch(pathOf('acme/to-be-closed')).send({ visibility: 'private' }).expect(200)
    expect(await starredBy(eve)).toEqual(['acme/open'])
    await eve.delete(starOf('acme/to-be-closed')).expect(404)
    await alice.patch(pathOf('acme/to-be-closed')).send({ visibility: 'public' }).expect(200)
    expect(await starredBy(eve)).toEqual(['acme/open', 'acme/to-be-closed'])
  })
})
