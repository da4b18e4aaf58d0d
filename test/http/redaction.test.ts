import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import supertest, { type Response } from 'supertest'
import { expect, onTestFinished, test } from 'vitest'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { basic, type Client, pushImage } from '../support/server.ts'

const PASSWORD = 'the first password of zoe'
const NEW_PASSWORD = 'the second password of zoe'
const INVITED_PASSWORD = 'the password of yves'

/** One of each kind of secret, all of them used. */
interface Secrets {
  readonly accessToken: string
  readonly robotSecret: string
  readonly refreshToken: string
  readonly invitation: string
  readonly jwt: string
}

test('S29: no secret gets into the log, the audit trail or the metrics, wherever it was put', {
  timeout: 60_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-redaction-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const env = { KONTOR_LOG__LEVEL: 'trace', KONTOR_ACCOUNTS__SIGN_UP: 'true' }

  const first = await startKontor({ dataDir, env })
  const secrets = await useEachKind(first)
  await putIntoWrongPlaces(first, secrets)
  const metrics = await read(adminOf(first), '/metrics')
  // What was refused is written to the trail by the time the server has stopped.
  await first.stop()

  const second = await startKontor({ dataDir, env })
  const trail = (
    await Promise.all(['application/jsonl', 'text/csv'].map((type) => read(adminOf(second), '/api/v1/audit', type)))
  ).join('\n')
  await second.stop()
  const log = `${first.output()}\n${second.output()}`

  // The run is in all three: otherwise it would prove nothing that the secrets are not.
  expect(log).toContain('"route":"post /user/tokens"')
  expect(log).toContain('"path":"/api/v1/users/kontor_pat_***"')
  expect(log).toContain('"path":"/v2/eyJ***')
  expect(trail).toContain('access_token.created')
  expect(trail).toContain('"action":"login","outcome":"refused"')
  expect(trail).toContain('kontor_robot_***')
  expect(metrics).toContain('route="post /user/tokens"')
  for (const [where, text] of Object.entries({ log, trail, metrics })) {
    for (const [kind, secret] of Object.entries({
      ...secrets,
      password: PASSWORD,
      newPassword: NEW_PASSWORD,
      invitedPassword: INVITED_PASSWORD,
      adminPassword: first.password,
    })) {
      for (const form of formsOf(secret)) expect(text.includes(form), `the ${kind} in the ${where}`).toBe(false)
    }
  }
})

/** What a secret may look like: as it is, escaped, as Basic credentials have it, and the part that nobody could guess. */
function formsOf(secret: string): string[] {
  const middle = secret.slice(secret.length >> 1, -1)
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').slice(4, -4),
    middle,
    middle.toLowerCase(),
  ]
}

function as({ url }: Kontor, authorization: string): Client {
  return supertest.agent(url).set('Authorization', authorization)
}

function adminOf(kontor: Kontor): Client {
  return as(kontor, basic(kontor.username, kontor.password))
}

async function read(client: Client, path: string, type = '*/*'): Promise<string> {
  // superagent keeps as text only what it knows.
  const { body } = await client.get(path).set('Accept', type).buffer(true).parse(collect).expect(200)
  return String(body)
}

function collect(response: Response, done: (error: Error | null, text: string) => void): void {
  let text = ''
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  response.on('end', () => done(null, text))
}

/** Makes one of each kind of secret, and uses it as it is meant to be used. */
async function useEachKind(kontor: Kontor): Promise<Secrets> {
  const admin = adminOf(kontor)
  const anonymous = supertest.agent(kontor.url)
  await admin.post('/api/v1/users').send({ username: 'zoe', password: PASSWORD }).expect(201)
  await as(kontor, basic('zoe', PASSWORD)).get('/v2/').expect(200)
  const passwords = { password: NEW_PASSWORD, currentPassword: PASSWORD }
  await as(kontor, basic('zoe', PASSWORD)).patch('/api/v1/users/zoe').send(passwords).expect(200)
  await as(kontor, basic('zoe', PASSWORD)).get('/v2/').expect(401)
  const zoe = as(kontor, basic('zoe', NEW_PASSWORD))
  await pushImage(zoe, 'zoe/app', { tag: 'v1' })
  const accessToken = (await zoe.post('/api/v1/user/tokens').send({ name: 'test' }).expect(201)).body.token
  await as(kontor, `Bearer ${accessToken}`).get('/api/v1/user').expect(200)
  await as(kontor, basic('zoe', accessToken)).get('/v2/zoe/app/tags/list').expect(200)

  await zoe.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  const scopes = [{ repositories: 'acme/**', permission: 'push' }]
  const robot = await zoe.post('/api/v1/organizations/acme/robots').send({ name: 'ci', scopes }).expect(201)
  await pushImage(as(kontor, basic('acme+ci', robot.body.secret)), 'acme/app', { tag: 'v1' })

  const login = {
    grant_type: 'password',
    username: 'zoe',
    password: NEW_PASSWORD,
    access_type: 'offline',
    service: 'x',
  }
  const { refresh_token } = (await anonymous.post('/token').type('form').send(login).expect(200)).body
  const refresh = { grant_type: 'refresh_token', refresh_token, service: 'x', scope: 'repository:zoe/app:pull' }
  const jwt = (await anonymous.post('/token').type('form').send(refresh).expect(200)).body.token
  await as(kontor, `Bearer ${jwt}`).get('/v2/zoe/app/tags/list').expect(200)

  const { token } = (await admin.post('/api/v1/invitations').send({}).expect(201)).body
  await anonymous.get('/invitation').query({ token }).expect(200)
  const acceptance = { token, username: 'yves', password: INVITED_PASSWORD }
  await anonymous.post('/api/v1/invitations/accept').send(acceptance).expect(201)
  return { accessToken, robotSecret: robot.body.secret, refreshToken: refresh_token, invitation: token, jwt }
}

/** Puts each secret where it does not belong, as people and programs do by mistake. */
async function putIntoWrongPlaces(kontor: Kontor, secrets: Secrets): Promise<void> {
  const admin = adminOf(kontor)
  const anonymous = supertest.agent(kontor.url)
  for (const secret of Object.values(secrets)) {
    await as(kontor, basic(secret, 'x-oauth')).get('/v2/')
    await as(kontor, basic('zoe', secret)).get('/v2/')
    await as(kontor, `Bearer ${secret}`).get('/api/v1/user')
    await as(kontor, secret).get('/api/v1/user')
    await anonymous.post('/token').type('form').send({ grant_type: 'password', username: secret, password: secret })
    await anonymous.post('/token').type('form').send({ grant_type: 'refresh_token', refresh_token: secret })
    await anonymous.post('/api/v1/invitations/accept').send({ token: secret, username: secret, password: secret })
    await admin.post('/api/v1/users').send({ username: secret, password: secret })
    await admin.post('/api/v1/users').send({ [secret]: secret })
    for (const path of [
      `/v2/${secret}/tags/list`,
      `/v2/zoe/app/manifests/${secret}`,
      `/v2/zoe/app/blobs/uploads/${secret}`,
    ]) {
      await admin.get(path)
      await as(kontor, basic('zoe', NEW_PASSWORD)).put(path)
    }
    for (const path of [
      `/api/v1/users/${secret}`,
      `/api/v1/organizations/${secret}`,
      `/api/v1/repositories/${secret}`,
    ]) {
      await admin.get(path).expect(404)
      await as(kontor, basic('zoe', NEW_PASSWORD)).patch(path).send({ displayName: secret }).expect(404)
    }
    await anonymous.get(`/${secret}`).set({ Cookie: `token=${secret}`, 'User-Agent': secret, Referer: secret })
  }
  // A password looks like any other text: what is promised is that it is not looked for outside of headers, bodies and queries.
  for (const password of [PASSWORD, NEW_PASSWORD, INVITED_PASSWORD]) {
    await anonymous.get('/token').query({ username: 'zoe', password })
    await anonymous.get('/api/v1/user').query({ password }).expect(401)
    await as(kontor, basic('admin', password)).get('/v2/').expect(401)
    await admin.post('/api/v1/users').send({ username: 'x', password, role: 'admin' }).expect(400)
    await admin
      .post('/api/v1/users')
      .set('Content-Type', 'application/json')
      .send(`{"password":"${password}"`)
      .expect(400)
  }
}
