import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { basic, type Client, pushImage } from '../support/server.ts'

describe('a search in threads of its own', () => {
  let kontor: Kontor
  let admin: Client
  let anonymous: Client

  beforeAll(async () => {
    kontor = await startKontor({ env: { KONTOR_SEARCH__THREADS: '2', KONTOR_LOG__ACCESS: 'false' } })
    admin = supertest.agent(kontor.url).set('Authorization', basic(kontor.username, kontor.password))
    anonymous = supertest.agent(kontor.url)
  })

  afterAll(() => kontor.stop())

  async function find(client: Client, q: string): Promise<readonly string[]> {
    const { body } = await client.get('/api/v1/search').query({ q }).expect(200)
    return body.items.map((item: { name: string }) => item.name)
  }

  it('finds what was pushed as soon as the push is answered, round after round', async () => {
    for (let round = 0; round < 5; round++) {
      await pushImage(admin, `admin/zeppelin-${round}`, { tag: 'v1' })
      expect(await find(admin, `zeppelin-${round}`)).toContain(`admin/zeppelin-${round}`)
    }
  })

  it('shows nobody what is private, and everybody what has just become public', async () => {
    await pushImage(admin, 'admin/hidden', { tag: 'v1' })
    expect(await find(anonymous, 'hidden')).toEqual([])
    await admin.patch('/api/v1/repositories/admin%2Fhidden').send({ visibility: 'public' }).expect(200)
    expect(await find(anonymous, 'hidden')).toEqual(['admin/hidden'])
    await admin.patch('/api/v1/repositories/admin%2Fhidden').send({ visibility: 'private' }).expect(200)
    expect(await find(anonymous, 'hidden')).toEqual([])
  })

  it('finds tags and accounts', async () => {
    await pushImage(admin, 'admin/tagged', { tag: 'v7' })
    const tags = await admin.get('/api/v1/search').query({ q: 'tagged:v7', type: 'tag' }).expect(200)
    expect(tags.body.items).toMatchObject([{ repository: 'admin/tagged', tag: 'v7' }])
    const users = await admin.get('/api/v1/search').query({ q: 'adm', type: 'user' }).expect(200)
    expect(users.body.items).toMatchObject([{ name: 'admin' }])
  })

  it('answers what docker and podman ask', async () => {
    const { body } = await admin.get('/v1/search').query({ q: 'zeppelin' }).expect(200)
    expect(body.results.length).toBeGreaterThan(0)
    await pushImage(admin, 'admin/secret', { tag: 'v1' })
    await anonymous.get('/v1/search').query({ q: 'zeppelin' }).set('User-Agent', 'containers/5.0').expect(404)
  })

  it('refuses a page of another search in the words that it has without threads', async () => {
    const first = await admin.get('/api/v1/search').query({ q: 'zeppelin', limit: 1 }).expect(200)
    const other = { q: 'hidden', limit: 1, after: first.body.next }
    const refused = await admin.get('/api/v1/search').query(other).expect(400)
    expect(refused.body).toMatchObject({ title: 'PAGE_INVALID' })
  })

  it('answers many at once', async () => {
    const found = await Promise.all(Array.from({ length: 40 }, (_, index) => find(admin, `zeppelin-${index % 5}`)))
    for (const [index, names] of found.entries()) expect(names).toContain(`admin/zeppelin-${index % 5}`)
  })
})
