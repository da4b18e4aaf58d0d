import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LOGIN_LIMITS } from '../../../server/access/login-throttle.ts'
import { ADMIN, basic, type Client, openTestServer, type TestServer } from '../../support/server.ts'
import { accessTokenOf, openOwnServer } from './own-access.ts'

let server: TestServer
let alice: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
})
afterAll(() => server.close())

describe('changing a password', () => {
  test('takes the current one, and ends what was made with it, but no access token (S52)', async () => {
    const frank = await server.createUser('frank')
    const jwt = server.as(await server.token(frank))
    const accessToken = server.as(await accessTokenOf(frank))
    const change = (fields: object) =>
      frank.patch('/api/v1/users/frank').send({ password: 'another password', ...fields })
    const missing = await change({}).expect(400)
    expect(missing.body.errors[0].field).toBe('currentPassword')
    const wrong = await change({ currentPassword: 'not it' }).expect(403)
    expect(wrong.body.title).toBe('WRONG_PASSWORD')
    await frank.get('/api/v1/user').expect(200)
    await change({ currentPassword: 'password of frank' }).expect(200)
    await frank.get('/api/v1/user').expect(401)
    await jwt.get('/api/v1/user').expect(401)
    await server.as(basic('frank', 'another password')).get('/api/v1/user').expect(200)
    await accessToken.get('/api/v1/user').expect(200)
  })

  test('is not done with an access token in the place of the password', async () => {
    const { body } = await alice.post('/api/v1/user/tokens').send({ name: 'stolen' }).expect(201)
    const thief = server.as(basic('alice', body.token))
    const changes = { password: 'the thief’s', currentPassword: body.token }
    await thief.patch('/api/v1/users/alice').send(changes).expect(403)
    await alice.get('/api/v1/user').expect(200)
  })

  test('S47: cannot be used to guess: wrong ones count like those at a login', async () => {
    const own = await openOwnServer({ http: { trustProxy: ['127.0.0.1'] } })
    const victim = await own.createUser('victim')
    const thief = own.as(await accessTokenOf(victim))
    const guess = (currentPassword: string) =>
      thief
        .patch('/api/v1/users/victim')
        .set('X-Forwarded-For', '192.0.2.66')
        .send({ password: 'a new one', currentPassword })
    for (let count = 0; count < LOGIN_LIMITS.perAccount; count++) await guess(`guess ${count}`).expect(403)
    const { headers } = await guess('password of victim').expect(429)
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  })

  test('of another is for administrators, who do not know the current one', async () => {
    await server.createUser('gina')
    const gina = server.admin.patch('/api/v1/users/gina').send({ password: 'a new password' })
    await gina.expect(200)
    await server.as(basic('gina', 'a new password')).get('/api/v1/user').expect(200)
    const pointless = { password: 'a new password', currentPassword: ADMIN.password }
    await server.admin.patch('/api/v1/users/gina').send(pointless).expect(400)
    await server.admin.patch('/api/v1/users/admin').send({ password: 'a new password' }).expect(400)
  })
})
