import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../support/server.ts'

let dataDir: string
let server: TestServer
let mallory: Client

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kontor-refused-'))
  server = await openTestServer({ settings: { dataDir } })
  mallory = await server.createUser('mallory')
  await pushImage(server.admin, 'acme/app', { tag: 'v1' })
})
afterEach(async () => {
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** What the trail says was refused, once the server has stopped and started again: by then everything is written. */
async function refusedSoFar(): Promise<readonly string[]> {
  await server.close()
  server = await openTestServer({ settings: { dataDir } })
  const { body } = await server.admin.get('/api/v1/audit').query({ outcome: 'refused', limit: 1000 }).expect(200)
  return body.items
    .map(
      (event: { action: string; object: string; actor: { name: string }; detail: { route?: string; count: number } }) =>
        `${event.actor.name || 'somebody'}: ${event.detail.route ?? event.action} ${event.object} ×${event.detail.count}`,
    )
    .sort()
}

test('every write that is refused is in the audit trail: on the wire and on the API, by whom and how often', async () => {
  const token = server.as(await server.token(mallory, 'repository:acme/app:pull,push'))
  await token.put('/v2/acme/app/manifests/v2').send('{}').expect(401)
  await mallory.post('/v2/acme/app/blobs/uploads/').expect(401)
  await mallory.post('/v2/acme/app/blobs/uploads/').expect(401)
  await mallory.delete('/v2/acme/app/manifests/v1').expect(401)
  await mallory.patch('/api/v1/repositories/acme%2Fapp').send({ visibility: 'public' }).expect(404)
  await mallory.put('/api/v1/organizations/acme/members/mallory').send({ role: 'owner' }).expect(404)
  await mallory.patch('/api/v1/users/mallory').send({ role: 'admin' }).expect(403)
  await server.as('Bearer nonsense').post('/v2/acme/app/blobs/uploads/').expect(401)
  await server.as('Bearer nonsense').delete('/api/v1/repositories/acme%2Fapp').expect(401)
  expect(await refusedSoFar()).toEqual([
    'mallory: manifest.delete acme/app ×1',
    'mallory: manifest.put acme/app ×1',
    'mallory: patch /repositories/:repository acme/app ×1',
    'mallory: patch /users/:user mallory ×1',
    'mallory: put /organizations/:org/members/:user acme ×1',
    'mallory: upload.start acme/app ×2',
    'somebody: delete /repositories/:repository /api/v1/repositories/acme%2Fapp ×1',
    'somebody: upload.start acme/app ×1',
  ])
})

test('a change that takes more than the rest of its route is there as well', async () => {
  const grant = { subject: { type: 'user', name: 'mallory' }, repositories: 'acme/app', permission: 'maintain' }
  await server.admin.post('/api/v1/organizations/acme/grants').send(grant).expect(201)
  await mallory.patch('/api/v1/repositories/acme%2Fapp').send({ description: 'mine' }).expect(200)
  await mallory.patch('/api/v1/repositories/acme%2Fapp').send({ visibility: 'public' }).expect(403)
  await server.as(await server.token(mallory, 'repository:acme/app:pull')).put('/api/v1/repositories/acme%2Fapp/star')
  expect(await refusedSoFar()).toEqual([
    'mallory: patch /repositories/:repository acme/app ×1',
    'mallory: put /repositories/:repository/star acme/app ×1',
  ])
})

test('a login that fails is there, under the name that was tried', async () => {
  await server.as(basic('mallory', 'a guess')).get('/v2/').expect(401)
  await server.as(basic('nobody', 'a guess')).get('/token').expect(401)
  expect(await refusedSoFar()).toEqual(['somebody: login mallory ×1', 'somebody: login nobody ×1'])
})

test('what is only read, and what was asked without credentials, is not', async () => {
  await mallory.get('/v2/acme/app/manifests/v1').expect(401)
  await mallory.get('/v2/acme/app/blobs/uploads/unknown').expect(401)
  await mallory.get('/api/v1/repositories/acme%2Fapp').expect(404)
  await server.anonymous.post('/v2/acme/app/blobs/uploads/').expect(401)
  await server.anonymous.delete('/api/v1/repositories/acme%2Fapp').expect(404)
  expect(await refusedSoFar()).toEqual([])
})
