import { readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type CredentialHelpers, installCredentialHelpers } from '../support/credential-helpers.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'

let server: Kontor
let user: CliUser
let helpers: CredentialHelpers

beforeAll(async () => {
  server = await startKontor()
})
afterAll(() => server.stop())
beforeEach(async () => {
  user = await createCliUser()
  helpers = await installCredentialHelpers(user)
  await helpers.choose('kontor')
})
afterEach(() => user.leave())

const kontor = (...arguments_: string[]) => user.kontor(arguments_, { env: { PATH: helpers.path } })
const logIn = () =>
  user.kontor(['login', server.host, '-u', 'admin', '--password-stdin'], {
    input: server.password,
    env: { PATH: helpers.path },
  })

async function get(): Promise<{ readonly Username: string; readonly Secret: string }> {
  const { code, stdout } = await helpers.kontor('get', `${server.host}\n`)
  expect(code, stdout).toBe(0)
  return JSON.parse(stdout)
}

/** Asks as whoever has the secret. */
async function ask(secret: string, path: string, method = 'GET') {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${secret}` },
  })
  return { status: response.status, body: response.status === 204 ? undefined : await response.json() }
}
const credentialsPath = () => join(user.home, '.config', 'kontor', 'credentials.json')
const cachePath = () => join(user.home, '.config', 'kontor', 'docker-tokens.json')
const keptSecret = async (): Promise<string> =>
  JSON.parse(await readFile(credentialsPath(), 'utf8')).servers[server.host].secret

describe('docker-credential-kontor', () => {
  test('keeps, lists, hands out and erases what is of other registries as it is', async () => {
    const stored = { ServerURL: 'other.example.com', Username: 'dora', Secret: 'explorer' }
    expect(await helpers.kontor('store', JSON.stringify(stored))).toEqual({ code: 0, stdout: '', stderr: '' })
    const token = { ServerURL: 'https://hub.example.com/v1/', Username: '<token>', Secret: 'refresh' }
    await helpers.kontor('store', JSON.stringify(token))
    expect((await stat(credentialsPath())).mode & 0o777).toBe(0o600)
    expect((await helpers.kontor('list')).stdout).toBe(
      '{"other.example.com":"dora","https://hub.example.com/v1/":"<token>"}\n',
    )
    expect(JSON.parse((await helpers.kontor('get', 'https://other.example.com')).stdout)).toMatchObject({
      Username: 'dora',
      Secret: 'explorer',
    })
    expect(JSON.parse((await helpers.kontor('get', token.ServerURL)).stdout)).toEqual(token)
    expect(await helpers.kontor('erase', 'other.example.com')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await helpers.kontor('get', 'other.example.com')).toEqual({
      code: 1,
      stdout: 'credentials not found in native keychain\n',
      stderr: '',
    })
  })

  test.each([
    ['get', '', 'no credentials server URL'],
    ['erase', '\n', 'no credentials server URL'],
    ['store', '{"Username":"a","Secret":"b"}', 'no credentials server URL'],
    ['store', '{"ServerURL":"a","Secret":"b"}', 'no credentials username'],
    ['store', 'nonsense', 'what is to be stored is no JSON'],
    ['sing', '', 'Usage: docker-credential-kontor <store|get|erase|list|version>'],
  ])('says on stdout what is wrong with %s %j', async (action, input, words) => {
    expect(await helpers.kontor(action, input)).toEqual({ code: 1, stdout: `${words}\n`, stderr: '' })
  })

  test('names its own file with the line, when that is broken', async () => {
    await helpers.kontor('store', '{"ServerURL":"a.example.com","Username":"a","Secret":"b"}')
    await writeFile(credentialsPath(), '{"servers": {\n  oops\n}}')
    const { code, stdout } = await helpers.kontor('list')
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: `${credentialsPath()}: line 2: it is no JSON; correct it, or delete it and log in again\n`,
    })
  })

  test('tells its version', async () => {
    expect((await helpers.kontor('version')).stdout).toMatch(/^docker-credential-kontor \(Kontor\) \d+\.\d+\.\d+\n$/)
  })

  test('hands docker a token that lasts an hour, the same one each time, and our client its own', async () => {
    expect(await logIn()).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('kept in docker-credential-kontor\n'),
    })
    const first = await get()
    expect(first.Username).toBe('admin')
    const kept = await keptSecret()
    expect(first.Secret).not.toBe(kept)
    const { body: who } = await ask(first.Secret, '/user')
    const { body: token } = await ask(kept, `/user/tokens/${(who as { tokenId: number }).tokenId}`)
    expect(token).toMatchObject({ name: `docker on ${hostname()}` })
    const lifeMinutes = (Date.parse((token as { expiresAt: string }).expiresAt) - Date.now()) / 60_000
    expect(lifeMinutes).toBeGreaterThan(58)
    expect(lifeMinutes).toBeLessThanOrEqual(60)
    expect((await stat(cachePath())).mode & 0o777).toBe(0o600)
    expect(await get()).toEqual(first)
    const { stdout } = await kontor('whoami', '--format', '{{.TokenId}}')
    expect(Number(stdout)).not.toBe((who as { tokenId: number }).tokenId)
    await kontor('logout')
    await expect(readFile(cachePath(), 'utf8')).resolves.toBe('{}\n')
    for (const secret of [first.Secret, kept]) expect((await ask(secret, '/user')).status).toBe(401)
  })

  test('makes another in the last ten minutes, and after a new login', async () => {
    await logIn()
    const first = await get()
    const cache = JSON.parse(await readFile(cachePath(), 'utf8'))
    cache[server.host].expiresAt = new Date(Date.now() + 9 * 60_000).toISOString()
    await writeFile(cachePath(), JSON.stringify(cache))
    const second = await get()
    expect(second.Secret).not.toBe(first.Secret)
    await logIn()
    expect((await get()).Secret).not.toBe(second.Secret)
  })

  test('clears away those that have ended, and only those', async () => {
    await logIn()
    const kept = await keptSecret()
    const create = async (name: string, expiresAt: number) => {
      const body = JSON.stringify({ name, expiresAt: new Date(expiresAt).toISOString() })
      const headers = { Authorization: `Bearer ${kept}`, 'Content-Type': 'application/json' }
      const response = await fetch(`${server.url}/api/v1/user/tokens`, { method: 'POST', headers, body })
      return ((await response.json()) as { id: number }).id
    }
    const soon = Date.now() + 300
    const ended = await create(`docker on ${hostname()}`, soon)
    const other = await create('of somebody else', soon)
    const lasting = await create(`docker on ${hostname()}`, Date.now() + 3_600_000)
    await expect.poll(() => Date.now()).toBeGreaterThan(soon)
    await get()
    const status = async (id: number) => (await ask(kept, `/user/tokens/${id}`)).status
    expect([await status(ended), await status(other), await status(lasting)]).toEqual([404, 200, 200])
  })

  test('hands out a token with scopes and a robot’s secret as they are', async () => {
    await logIn()
    const { stdout } = await kontor('token', 'create', 'narrow', '--scope', 'acme/*:pull')
    const store = (Username: string, Secret: string) =>
      helpers.kontor('store', JSON.stringify({ ServerURL: server.host, Username, Secret }))
    await store('admin', stdout.trim())
    expect((await get()).Secret).toBe(stdout.trim())
    await store('acme+ci', 'kontor_robot_x')
    expect(await get()).toMatchObject({ Username: 'acme+ci', Secret: 'kontor_robot_x' })
  })

  test('says how to renew a login that is over', async () => {
    await logIn()
    await kontor('token', 'revoke', `kontor on ${hostname()}`, '--yes')
    const { code, stdout } = await helpers.kontor('get', server.host)
    expect(code).toBe(1)
    expect(stdout).toContain(`not valid any more`)
    expect(stdout).toContain(`try: kontor login ${server.host}`)
  })

  test('hands out what it has when the server is away, for docker asks for all servers at once', async () => {
    const pair = { ServerURL: 'localhost:1', Username: 'alice', Secret: 'kontor_pat_abc' }
    await helpers.kontor('store', JSON.stringify(pair))
    const { code, stdout, stderr } = await helpers.kontor('get', 'localhost:1')
    expect({ code, stdout: JSON.parse(stdout) }).toEqual({ code: 0, stdout: pair })
    expect(stderr).toContain('there is no short-lived token of localhost:1')
  })

  test('ends the login when docker logs out', async () => {
    await logIn()
    const [kept, { Secret }] = [await keptSecret(), await get()]
    expect(await helpers.kontor('erase', server.host)).toEqual({ code: 0, stdout: '', stderr: '' })
    for (const secret of [Secret, kept]) expect((await ask(secret, '/user')).status).toBe(401)
  })
})
