import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import supertest from 'supertest'
import { expect, onTestFinished, test } from 'vitest'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { basic, type Client, digestOf, pushBlob } from '../support/server.ts'

const LAYER = 'a layer that two repositories have'
const DIGEST = digestOf(LAYER)

function as({ url }: Kontor, authorization: string): Client {
  return supertest.agent(url).set('Authorization', authorization)
}

/** One of each kind of credentials that may pull from, push to and delete in both repositories. */
async function createCredentials(kontor: Kontor): Promise<Readonly<Record<string, string>>> {
  const password = basic(kontor.username, kontor.password)
  const admin = as(kontor, password)
  const scopes = [{ repositories: 'acme/**', permission: 'maintain' }]
  const token = await admin.post('/api/v1/user/tokens').send({ name: 'narrowed', scopes }).expect(201)
  const robot = await admin.post('/api/v1/organizations/acme/robots').send({ name: 'ci', scopes }).expect(201)
  return {
    password,
    token: basic(kontor.username, token.body.token),
    robot: basic(robot.body.username, robot.body.secret),
  }
}

/** A bearer token for all that the credentials may do on the two repositories. */
async function exchange(kontor: Kontor, authorization: string): Promise<string> {
  const scope = ['one', 'other'].map((name) => `repository:acme/${name}:pull,push,delete`)
  const { body } = await as(kontor, authorization).get('/token').query({ service: 'x', scope }).expect(200)
  return `Bearer ${body.token}`
}

async function expectAt(kontor: Kontor, headers: readonly string[], status: 200 | 404): Promise<void> {
  for (const authorization of headers) {
    const client = as(kontor, authorization)
    const [one, other] = ['one', 'other'].map((name) => `/v2/acme/${name}/blobs/${DIGEST}`)
    // The one that still has it is pulled before and after: whatever remembers it does so for that one alone.
    await client.get(String(other)).expect(200)
    await client.head(String(one)).expect(status)
    await client.get(String(one)).expect(status)
    await client
      .get(String(one))
      .set('Range', 'bytes=0-3')
      .expect(status === 200 ? 206 : 404)
    await client
      .get(String(one))
      .set('If-None-Match', `"${DIGEST}"`)
      .expect(status === 200 ? 304 : 404)
    await client.get(String(other)).expect(200)
  }
}

test('S04: a blob deleted from one repository is gone there for everybody, with warm caches and after a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-deleted-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const first = await startKontor({ dataDir })
  const admin = as(first, basic(first.username, first.password))
  await pushBlob(admin, 'acme/one', LAYER)
  await pushBlob(admin, 'acme/other', LAYER)
  const credentials = Object.values(await createCredentials(first))
  const jwts = await Promise.all(credentials.map((authorization) => exchange(first, authorization)))
  const everybody = [...credentials, ...jwts]
  await expectAt(first, everybody, 200)
  await expectAt(first, everybody, 200)

  await admin.delete(`/v2/acme/one/blobs/${DIGEST}`).expect(202)
  await expectAt(first, everybody, 404)
  const query = { mount: DIGEST, from: 'acme/one' }
  const { headers } = await admin.post('/v2/acme/one/blobs/uploads/').query(query).expect(202)
  expect(headers['location']).toContain('/uploads/')
  await first.stop()

  const second = await startKontor({ dataDir })
  onTestFinished(() => second.stop())
  await expectAt(second, everybody, 404)
  await pushBlob(as(second, basic(second.username, second.password)), 'acme/one', LAYER)
  await expectAt(second, everybody, 200)
})
