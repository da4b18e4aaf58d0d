import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqliteMetadataStore } from '../../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const ALL = '/api/v1/audit'
const OF_ACME = '/api/v1/organizations/acme/audit'

let server: TestServer
let time = Date.parse('2030-01-01T00:00:00.000Z')
let alice: Client
let bob: Client
let auditor: Client

beforeAll(async () => {
  server = await openTestServer({ overrides: { now: () => time } })
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
  auditor = await server.createUser('ivan')
  await server.admin.patch('/api/v1/users/ivan').send({ role: 'auditor' }).expect(200)
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await alice.put('/api/v1/organizations/acme/members/bob').send({ role: 'member' }).expect(201)
  time += 60_000
  await pushImage(alice, 'acme/web', { tag: 'v1' })
  await pushImage(bob, 'bob/web', { tag: 'v1' })
})
afterAll(() => server.close())

/** What the server writes some time after it refused something, written at once. */
async function recordRefusal(): Promise<void> {
  const path = join(server.dataDir, 'kontor.db')
  const metadata = openSqliteMetadataStore({ path, now: () => time, holdNamesForMs: 0 })
  try {
    const origin = { accountId: undefined, accountName: 'mallory', credential: 'password', address: '', requestId: 'r' }
    const refusal = { action: 'write', object: 'acme/web', ownerId: undefined, origin, at: time, detail: {} } as const
    await metadata.auditLog.recordRefusals([refusal])
  } finally {
    await metadata.close()
  }
}

interface Event {
  id: number
  at: string
  action: string
  object: string
  actor: { name: string }
}

async function list(client: Client, path: string, query: Record<string, string> = {}): Promise<Event[]> {
  return (await client.get(path).query(query).expect(200)).body.items
}

describe('the trail', () => {
  test('says who did what, by which credential, from where', async () => {
    const [event] = await list(auditor, ALL, { action: 'repository.created', object: 'acme/web' })
    expect(event).toEqual({
      id: expect.any(Number),
      at: '2030-01-01T00:01:00.000Z',
      action: 'repository.created',
      outcome: 'done',
      object: 'acme/web',
      actor: { name: 'alice', credential: 'password', address: '127.0.0.1' },
      requestId: expect.any(String),
      detail: expect.any(Object),
    })
  })

  test('comes in pages, the newest first', async () => {
    const first = await auditor.get(ALL).query({ limit: '2' }).expect(200)
    const second = await auditor.get(ALL).query({ limit: '2', after: first.body.next }).expect(200)
    const ids = [...first.body.items, ...second.body.items].map(({ id }: Event) => id)
    expect(ids).toHaveLength(4)
    expect(ids).toEqual(ids.toSorted((one, other) => other - one))
  })

  test('is searched by action, author, object and time', async () => {
    expect(await list(auditor, ALL, { actor: 'bob', action: 'repository.created' })).toMatchObject([
      { object: 'bob/web' },
    ])
    const ofAcme = await list(auditor, ALL, { object: 'acme' })
    expect(ofAcme.map(({ object }) => object)).toEqual(expect.arrayContaining(['acme', 'acme/web']))
    const before = await list(auditor, ALL, { until: '2030-01-01T01:01:00+01:00' })
    expect(before.map(({ action }) => action)).toContain('member.added')
    expect(before.map(({ action }) => action)).not.toContain('repository.created')
    const since = await list(auditor, ALL, { since: '2030-01-01T00:01:00Z' })
    expect(since.map(({ action }) => action)).toContain('repository.created')
    expect(since.map(({ action }) => action)).not.toContain('member.added')
  })

  test('is followed by asking for what is newer than the last event seen', async () => {
    const [seen] = await list(auditor, ALL, { limit: '1' })
    const newerThan = String(seen?.id)
    expect(await list(auditor, ALL, { newerThan })).toEqual([])
    await alice.patch('/api/v1/organizations/acme').send({ displayName: 'Acme' }).expect(200)
    expect(await list(auditor, ALL, { newerThan })).toMatchObject([{ action: 'account.updated', object: 'acme' }])
    expect(await list(auditor, OF_ACME, { newerThan, actor: 'bob' })).toEqual([])
  })

  test.each([
    { newerThan: '-1' },
    { action: 'coffee' },
    { outcome: 'maybe' },
    { since: 'yesterday' },
    { owner: '1' },
    { limit: '0' },
  ])('refuses the search %j', async (query) => {
    await auditor.get(ALL).query(query).expect(400)
  })

  test('shows what was refused, apart if asked', async () => {
    await recordRefusal()
    const [event, ...others] = await list(auditor, ALL, { outcome: 'refused', action: 'write' })
    expect(others).toEqual([])
    expect(event).toMatchObject({ outcome: 'refused', object: 'acme/web', actor: { name: 'mallory' } })
    expect(await list(auditor, ALL, { outcome: 'done', actor: 'mallory' })).toEqual([])
  })
})

describe('who reads it', () => {
  test('of the registry: administrators and auditors', async () => {
    await server.admin.get(ALL).expect(200)
    await alice.get(ALL).expect(403)
    await server.anonymous.get(ALL).expect(401)
  })

  test('of an organization: its owners and auditors, and only what concerns it', async () => {
    for (const client of [alice, auditor, server.admin]) {
      const objects = (await list(client, OF_ACME)).map(({ object }) => object)
      expect(objects).toContain('acme/web')
      expect(objects.filter((object) => object.startsWith('bob/'))).toEqual([])
    }
    await bob.get(OF_ACME).expect(403)
    expect(await list(alice, OF_ACME, { object: 'bob/web' })).toEqual([])
  })
})

describe('exporting', () => {
  test.each(['application/jsonl', 'application/x-ndjson'])('gives all that matches as %s', async (mediaType) => {
    const { text, headers } = await auditor
      .get(ALL)
      .query({ limit: '1' })
      .set('Accept', mediaType)
      .buffer(true)
      .expect(200)
    expect(headers['content-type']).toBe(`${mediaType}; charset=utf-8`)
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events).toEqual(await list(auditor, ALL, { limit: '1000' }))
  })

  test('gives CSV to a spreadsheet', async () => {
    const query = { action: 'repository.created' }
    const { text, headers } = await alice.get(OF_ACME).query(query).set('Accept', 'text/csv').expect(200)
    expect(headers['content-type']).toBe('text/csv; header=present; charset=utf-8')
    const [head, ...rows] = text.trimEnd().split('\r\n')
    expect(head).toMatch(/^id,at,action,/)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toContain('acme/web')
  })

  test('gives JSON to whoever takes anything, and says what there is to whoever takes nothing of it', async () => {
    const { body } = await auditor.get(ALL).set('Accept', '*/*').expect(200)
    expect(body.items.length).toBeGreaterThan(0)
    const refused = await auditor.get(ALL).set('Accept', 'image/png').expect(406)
    expect(refused.body.detail).toContain('text/csv')
  })
})
