import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, basic, type Client, openTestServer, pushBlob, type TestServer } from '../../support/server.ts'
import { accessTokenOf, openOwnServer } from './own-access.ts'

let server: TestServer
let time: number
let alice: Client
let bob: Client

beforeAll(async () => {
  time = Date.now()
  server = await openTestServer({ overrides: { now: () => time } })
  alice = await server.createUser('alice')
  bob = await server.createUser('bob')
})
afterAll(() => server.close())

describe('creating users', () => {
  test('is for administrators: the user can log in, and no hash is shown', async () => {
    const user = { username: 'new-user', password: 'a password', email: 'new@example.com' }
    const { body, headers } = await server.admin.post('/api/v1/users').send(user).expect(201)
    expect(body).toEqual({
      username: 'new-user',
      displayName: null,
      email: 'new@example.com',
      role: 'none',
      disabled: false,
      createdAt: new Date(time).toISOString(),
    })
    expect(headers['etag']).toMatch(/^"\d+"$/)
    await server.as(basic('new-user', 'a password')).get('/api/v1/user').expect(200)
  })

  test('refuses a password that would be taken for a token', async () => {
    const user = { username: 'confused', password: `kontor_pat_${'x'.repeat(46)}` }
    const { body } = await server.admin.post('/api/v1/users').send(user).expect(400)
    expect(body.detail).toMatch(/looks like a token/)
  })

  test('refuses users, and strangers where people cannot sign up', async () => {
    const user = { username: 'intruder', password: 'a password' }
    const asUser = await alice.post('/api/v1/users').send(user).expect(403)
    expect(asUser.body.title).toBe('DENIED')
    const asStranger = await server.anonymous.post('/api/v1/users').send(user).expect(401)
    expect(asStranger.body.detail).toMatch(/log in first/)
    await server.admin.get('/api/v1/users/intruder').expect(404)
  })

  test('takes all rights of an administrator: a token with scopes or for the wire does not do', async () => {
    const scopes = [{ repositories: '**', permission: 'admin' }]
    const { body } = await server.admin.post('/api/v1/user/tokens').send({ name: 'scoped', scopes }).expect(201)
    for (const authorization of [`Bearer ${body.token}`, await server.token(server.admin, 'registry:catalog:*')]) {
      const user = { username: 'intruder', password: 'a password' }
      await server.as(authorization).post('/api/v1/users').send(user).expect(403)
    }
  })

  test('S18: refuses fields that one may not set', async () => {
    for (const field of ['role', 'disabled', 'id', 'passwordHash', 'has_admin_role']) {
      const user = { username: 'intruder', password: 'a password', [field]: 'admin' }
      const { body } = await server.admin.post('/api/v1/users').send(user).expect(400)
      expect(body.title).toBe('BODY_INVALID')
    }
  })

  test.each(['library', 'v2', 'token', 'Alice', 'a/b', 'acme+ci', '..', ''])(
    'refuses the name "%s"',
    async (username) => {
      await server.admin.post('/api/v1/users').send({ username, password: 'a password' }).expect(400)
    },
  )

  test('refuses a password that is too short or too long', async () => {
    for (const password of ['1234567', 'ä'.repeat(2000)]) {
      await server.admin.post('/api/v1/users').send({ username: 'weak', password }).expect(400)
    }
  })

  test('refuses a name that a user or an organization has', async () => {
    await bob.post('/api/v1/organizations').send({ name: 'bobs-team' }).expect(201)
    for (const username of ['alice', 'bobs-team']) {
      const { body } = await server.admin.post('/api/v1/users').send({ username, password: 'a password' }).expect(409)
      expect(body.title).toBe('NAME_TAKEN')
    }
  })
})

describe('signing up, where it is allowed', () => {
  test('makes an account without any rights on the registry', async () => {
    const { anonymous, as } = await openOwnServer({ accounts: { signUp: true } })
    const { body } = await anonymous
      .post('/api/v1/users')
      .send({ username: 'carol', password: 'a password' })
      .expect(201)
    expect(body).toMatchObject({ username: 'carol', role: 'none' })
    const carol = as(basic('carol', 'a password'))
    await carol.get('/api/v1/user').expect(200)
    await carol.post('/api/v1/users').send({ username: 'dave', password: 'a password' }).expect(403)
  })

  test('is limited to ten tries an hour from one address, also those that fail; administrators are not held up', async () => {
    const { anonymous, admin } = await openOwnServer({ accounts: { signUp: true } })
    for (let count = 0; count < 10; count++) {
      const expected = count === 0 ? 201 : 409
      await anonymous.post('/api/v1/users').send({ username: 'carol', password: 'a password' }).expect(expected)
    }
    const refused = await anonymous.post('/api/v1/users').send({ username: 'dave', password: 'a password' }).expect(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(3600)
    await admin.post('/api/v1/users').send({ username: 'dave', password: 'a password' }).expect(201)
  })
})

describe('looking at users', () => {
  test('lists users and nothing else, page by page, to administrators and auditors', async () => {
    const { admin, createUser } = await openOwnServer()
    const ivan = await createUser('ivan')
    await ivan.post('/api/v1/organizations').send({ name: 'between' }).expect(201)
    await ivan.get('/api/v1/users').expect(403)
    await admin.patch('/api/v1/users/ivan').send({ role: 'auditor' }).expect(200)
    const first = await ivan.get('/api/v1/users').query({ limit: 1 }).expect(200)
    expect(first.body.items.map(({ username }: { username: string }) => username)).toEqual(['admin'])
    const second = await ivan.get('/api/v1/users').query({ limit: 1, after: first.body.next }).expect(200)
    expect(second.body.items.map(({ username }: { username: string }) => username)).toEqual(['ivan'])
    expect(second.body.next).toBeUndefined()
    await ivan.patch('/api/v1/users/admin').send({ displayName: 'Me' }).expect(404)
  })

  test('shows users themselves; others look as if they were not there', async () => {
    const own = await alice.get('/api/v1/users/alice').expect(200)
    expect(own.body.username).toBe('alice')
    const others = await alice.get('/api/v1/users/bob').expect(404)
    const absent = await alice.get('/api/v1/users/nobody-at-all').expect(404)
    expect({ ...others.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' })
  })

  test('knows an organization from a user', async () => {
    await server.admin.get('/api/v1/users/library').expect(404)
  })
})

describe('changing users', () => {
  test('lets users describe themselves, and take it back', async () => {
    const changes = { displayName: 'Alice', email: 'alice@example.com' }
    const changed = await alice.patch('/api/v1/users/alice').send(changes).expect(200)
    expect(changed.body).toMatchObject(changes)
    const cleared = await alice.patch('/api/v1/users/alice').send({ displayName: null }).expect(200)
    expect(cleared.body).toMatchObject({ displayName: null, email: 'alice@example.com' })
  })

  test('changes only the version that one has seen', async () => {
    const { headers } = await alice.get('/api/v1/users/alice').expect(200)
    const change = (etag: string, displayName: string) =>
      alice.patch('/api/v1/users/alice').set('If-Match', etag).send({ displayName })
    const first = await change(headers['etag'] ?? '', 'First').expect(200)
    const second = await change(headers['etag'] ?? '', 'Second').expect(412)
    expect(second.body.title).toBe('PRECONDITION_FAILED')
    await change(first.headers['etag'] ?? '', 'Third').expect(200)
  })

  test('S18: role and disabled are not for users to set, not even on themselves', async () => {
    for (const changes of [
      { role: 'admin' },
      { role: 'none' },
      { disabled: false },
      { displayName: 'x', disabled: true },
    ]) {
      const { body } = await alice.patch('/api/v1/users/alice').send(changes).expect(403)
      expect(body).toMatchObject({ title: 'DENIED', detail: expect.stringContaining('administrators') })
    }
    await alice.patch('/api/v1/users/alice').send({ passwordHash: 'x' }).expect(400)
    await alice.patch('/api/v1/users/alice').send({ credentialsVersion: 7 }).expect(400)
    const { body } = await alice.get('/api/v1/users/alice').expect(200)
    expect(body).toMatchObject({ role: 'none', disabled: false })
  })

  test('a disabled user loses everything at once, and gets it back', async () => {
    const dora = await server.createUser('dora')
    const clients = [dora, server.as(await accessTokenOf(dora)), server.as(await server.token(dora))]
    for (const client of clients) await client.get('/api/v1/user').expect(200)
    await server.admin.patch('/api/v1/users/dora').send({ disabled: true }).expect(200)
    for (const client of clients) await client.get('/api/v1/user').expect(401)
    await server.admin.patch('/api/v1/users/dora').send({ disabled: false }).expect(200)
    for (const client of clients) await client.get('/api/v1/user').expect(200)
  })

  test('renames a user, who goes on answering under the old name; a name that is taken stays', async () => {
    const erin = await server.createUser('erin')
    await erin.patch('/api/v1/users/erin').send({ username: 'erika' }).expect(200)
    const renamed = server.as(basic('erika', 'password of erin'))
    const { body } = await renamed.get('/api/v1/users/erin').expect(200)
    expect(body.username).toBe('erika')
    const taken = await renamed.patch('/api/v1/users/erika').send({ username: 'alice' }).expect(409)
    expect(taken.body.title).toBe('NAME_TAKEN')
    await renamed.patch('/api/v1/users/erika').send({ username: 'library' }).expect(400)
    await server.admin.post('/api/v1/users').send({ username: 'erin', password: 'a password' }).expect(409)
  })

  test('the registry keeps an administrator', async () => {
    const password = { currentPassword: ADMIN.password, password: ADMIN.password }
    for (const changes of [{ role: 'none' }, { disabled: true }, { role: 'auditor', ...password }]) {
      const { body } = await server.admin.patch('/api/v1/users/admin').send(changes).expect(409)
      expect(body.title).toBe('LAST_ADMIN')
    }
    const { body } = await server.admin.delete('/api/v1/users/admin').expect(409)
    expect(body.title).toBe('LAST_ADMIN')
  })
})

describe('deleting users', () => {
  test('takes that they own nothing: no repository, and no organization alone', async () => {
    const henry = await server.createUser('henry')
    await pushBlob(henry, 'henry/app', 'a layer')
    const owning = await henry.delete('/api/v1/users/henry').expect(409)
    expect(owning.body).toMatchObject({ title: 'HAS_REPOSITORIES', count: 1 })
    await henry.delete('/api/v1/repositories/henry%2Fapp').expect(204)

    await henry.post('/api/v1/organizations').send({ name: 'henrys-team' }).expect(201)
    const leading = await henry.delete('/api/v1/users/henry').expect(409)
    expect(leading.body).toMatchObject({ title: 'LAST_OWNER', organizations: ['henrys-team'] })
    expect(leading.body.detail).toContain('henrys-team')
    await henry.put('/api/v1/organizations/henrys-team/members/alice').send({ role: 'owner' }).expect(201)

    await henry.delete('/api/v1/users/henry').expect(204)
    await henry.get('/api/v1/user').expect(401)
    await server.admin.get('/api/v1/users/henry').expect(404)
  })

  test('holds the name for a while', async () => {
    const again = { username: 'irene', password: 'a password' }
    await server.createUser('irene')
    await server.admin.delete('/api/v1/users/irene').expect(204)
    await server.admin.post('/api/v1/users').send(again).expect(409)
    time += 91 * 24 * 60 * 60 * 1000
    await server.admin.post('/api/v1/users').send(again).expect(201)
  })

  test('is not for strangers, other users or auditors', async () => {
    await server.anonymous.delete('/api/v1/users/alice').expect(401)
    await bob.delete('/api/v1/users/alice').expect(404)
    const scopes = [{ repositories: '**', permission: 'admin' }]
    const { body } = await alice.post('/api/v1/user/tokens').send({ name: 'scoped', scopes }).expect(201)
    await server.as(basic('alice', body.token)).delete('/api/v1/users/alice').expect(403)
    await alice.get('/api/v1/user').expect(200)
  })
})
