import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestServer, type TestServer } from '../../support/server.ts'

const ACME = '/api/v1/organizations/acme'
const REPOSITORY = `/api/v1/repositories/${encodeURIComponent('acme/web')}`

let server: TestServer

beforeAll(async () => {
  server = await openTestServer()
  await server.createUser('alice')
  await server.createUser('bob')
  await server.admin.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
})
afterAll(() => server.close())

interface Deletable {
  readonly what: string
  /** Makes it, and says where it is. */
  make(): Promise<string>
  change(path: string): Promise<unknown>
  /** Whether there can be another one at the same place at once. */
  readonly isMadeAnew: boolean
}

const DELETABLES: readonly Deletable[] = [
  {
    what: 'a user',
    async make() {
      await server.admin.post('/api/v1/users').send({ username: 'carol', password: 'a password' }).expect(201)
      return '/api/v1/users/carol'
    },
    change: (path) => server.admin.patch(path).send({ displayName: 'Carol' }).expect(200),
    isMadeAnew: false,
  },
  {
    what: 'an organization',
    async make() {
      await server.admin.post('/api/v1/organizations').send({ name: 'globex' }).expect(201)
      return '/api/v1/organizations/globex'
    },
    change: (path) => server.admin.patch(path).send({ displayName: 'Globex' }).expect(200),
    isMadeAnew: false,
  },
  {
    what: 'a repository',
    async make() {
      await server.admin.post('/api/v1/repositories').send({ name: 'acme/web' }).expect(201)
      return REPOSITORY
    },
    change: (path) => server.admin.patch(path).send({ description: 'The shop' }).expect(200),
    isMadeAnew: true,
  },
  {
    what: 'a robot',
    async make() {
      await server.admin
        .post(`${ACME}/robots`)
        .send({ name: 'ci', scopes: [{ repositories: 'acme/web', permission: 'pull' }] })
        .expect(201)
      return `${ACME}/robots/ci`
    },
    change: (path) => server.admin.patch(path).send({ disabled: true }).expect(200),
    isMadeAnew: true,
  },
  {
    what: 'a team',
    async make() {
      await server.admin.post(`${ACME}/teams`).send({ name: 'web' }).expect(201)
      return `${ACME}/teams/web`
    },
    async change(path) {
      await server.admin.patch(path).send({ name: 'shop' }).expect(200)
      await server.admin.patch(`${ACME}/teams/shop`).send({ name: 'web' }).expect(200)
    },
    isMadeAnew: true,
  },
  {
    what: 'a member',
    async make() {
      await server.admin.put(`${ACME}/members/alice`).send({ role: 'member' }).expect(201)
      return `${ACME}/members/alice`
    },
    change: (path) => server.admin.put(path).send({ role: 'manager' }).expect(200),
    isMadeAnew: true,
  },
  {
    what: 'a grant',
    async make() {
      const grant = { subject: { type: 'user', name: 'bob' }, repositories: 'acme/web', permission: 'pull' }
      const { body } = await server.admin.post(`${ACME}/grants`).send(grant).expect(201)
      return `${ACME}/grants/${body.id}`
    },
    change: (path) => server.admin.patch(path).send({ permission: 'push' }).expect(200),
    isMadeAnew: false,
  },
]

const etagOf = async (path: string) => String((await server.admin.get(path).expect(200)).headers['etag'])
const remove = (path: string, ifMatch: string) => server.admin.delete(path).set('If-Match', ifMatch)

test.each(DELETABLES)('$what is not deleted by whoever has not seen the last change', async ({ make, change }) => {
  const path = await make()
  const seen = await etagOf(path)
  await change(path)
  expect((await remove(path, seen).expect(412)).body.title).toBe('PRECONDITION_FAILED')
  await remove(path, '"no version"').expect(412)
  const present = await etagOf(path)
  await remove(path, present).expect(204)
  await remove(path, present).expect(404)
  await remove(path, '*').expect(404)
})

const MADE_ANEW = DELETABLES.filter(({ isMadeAnew }) => isMadeAnew)

test.each(MADE_ANEW)('$what that was made anew is not taken for the one before', async ({ make }) => {
  const path = await make()
  const seen = await etagOf(path)
  await server.admin.delete(path).expect(204)
  await make()
  await remove(path, seen).expect(412)
  await remove(path, '*').expect(204)
})
