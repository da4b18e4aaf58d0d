import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAccessToken, listAccessTokens } from '../support/access-tokens.ts'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { installCredentialHelpers } from '../support/credential-helpers.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi } from '../support/logged-in.ts'
import { type OtherRegistry, startOtherRegistry } from '../support/other-registry.ts'

let server: Kontor
let user: CliUser

beforeAll(async () => {
  server = await startKontor()
})
afterAll(() => server.stop())
beforeEach(async () => {
  user = await createCliUser()
})
afterEach(() => user.leave())

const logIn = (more: readonly string[] = []) =>
  user.kontor(['login', server.host, '-u', 'admin', '--password-stdin', ...more], { input: `${server.password}\n` })

const tokens = () => listAccessTokens(server)

const configPath = () => join(user.dockerConfig, 'config.json')
const readConfig = async () => JSON.parse(await readFile(configPath(), 'utf8'))
async function writeConfig(text: string): Promise<void> {
  await mkdir(user.dockerConfig, { recursive: true })
  await writeFile(configPath(), text)
}
async function keptPair(): Promise<string> {
  return Buffer.from((await readConfig()).auths[server.host].auth, 'base64').toString()
}

describe('kontor login', () => {
  test('keeps an access token of its own in docker’s config.json, never the password', async () => {
    await writeConfig('{"psFormat":"json","auths":{"other.example.com":{"auth":"YTpi"}}}')
    const { code, stdout, stderr } = await logIn()
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${server.host}\n` })
    expect(stderr).toContain('logged in as admin until ')
    expect(stderr).toContain(`kept in ${configPath()}, readable for whoever reads your files`)
    expect(await keptPair()).toMatch(/^admin:kontor_pat_[0-9A-Za-z]{46}$/)
    expect(await readConfig()).toMatchObject({ psFormat: 'json', auths: { 'other.example.com': { auth: 'YTpi' } } })
    expect((await stat(configPath())).mode & 0o777).toBe(0o600)
    const [token] = await tokens()
    expect(token?.name).toBe(`kontor on ${hostname()}`)
    expect(Date.parse(token?.expiresAt ?? '') - Date.now()).toBeGreaterThan(89 * 86_400_000)
  })

  test('revokes what an earlier login left, and nothing else', async () => {
    await createAccessToken(server, 'for the build')
    await logIn()
    const [first] = await tokens()
    await logIn(['--expires', '2d'])
    const left = await tokens()
    expect(left.map(({ id }) => id)).not.toContain(first?.id)
    expect(left.filter(({ name }) => name === `kontor on ${hostname()}`)).toHaveLength(1)
    expect(left.map(({ name }) => name)).toContain('for the build')
  })

  test('says that a password is wrong, and keeps nothing', async () => {
    const arguments_ = ['login', server.host, '-u', 'admin', '--password-stdin']
    const { code, stdout, stderr } = await user.kontor(arguments_, { input: 'mistaken' })
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(stderr).toMatch(/^error: the user name or the password is wrong \(UNAUTHORIZED, request .*\)\n$/)
    await expect(readConfig()).rejects.toThrow('ENOENT')
  })

  test('takes an access token, and finds out whose it is', async () => {
    const { token } = await createAccessToken(server, 'laptop')
    const { code, stderr } = await user.kontor(['login', server.host, '--token-stdin'], { input: token })
    expect({ code, stderr: stderr.split('\n')[0] }).toEqual({ code: 0, stderr: 'logged in as admin' })
    expect(await keptPair()).toBe(`admin:${token}`)
  })

  test('takes the secret of a robot', async () => {
    await askApi(server, 'POST', '/organizations', { name: 'acme' })
    const scopes = [{ repositories: 'acme/*', permission: 'push' }]
    const robot = (await askApi(server, 'POST', '/organizations/acme/robots', { name: 'ci', scopes })) as {
      secret: string
    }
    const arguments_ = ['login', server.host, '-u', 'acme+ci', '--password-stdin']
    const { code } = await user.kontor(arguments_, { input: robot.secret })
    expect(code).toBe(0)
    expect(await keptPair()).toBe(`acme+ci:${robot.secret}`)
    expect((await user.kontor(['whoami'])).stdout).toBe(`acme+ci\t${server.host}\tnone\trobot-secret\t\t\n`)
  })

  test('refuses a token that is mistyped, and one that is of somebody else', async () => {
    const { token } = await createAccessToken(server, 'whose')
    const mistyped = await user.kontor(['login', server.host, '--token-stdin'], { input: token.slice(0, -1) })
    expect(mistyped).toMatchObject({ code: 4, stderr: expect.stringContaining('mistyped or cut off') })
    const arguments_ = ['login', server.host, '-u', 'somebody', '--token-stdin']
    const foreign = await user.kontor(arguments_, { input: token })
    expect(foreign).toMatchObject({ code: 4, stderr: expect.stringContaining('not of that user') })
  })

  test.each([
    [['-u', 'admin'], '', 'no password or access token is given, and nobody can be asked'],
    [['--password-stdin'], 'secret', 'the user name is missing; add --username <name>'],
    [['-u', 'admin', '--password-stdin'], '', 'the password is empty'],
    [['--token-stdin'], 'secret', 'this is no token of a Kontor'],
    [['--token-stdin', '--password-stdin'], '', 'cannot both be given'],
    [['--token-stdin'], 'kontor_rt_abc', "this is what docker's login keeps, no access token"],
    [['--expires', 'soon'], '', '--expires soon is no time'],
    [['--expires', '2001-01-01'], '', '--expires 2001-01-01 is not in the future'],
  ])('asks for what is missing or wrong in %j', async (flags, input, words) => {
    const { code, stderr } = await user.kontor(['login', server.host, ...flags], { input })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) })
  })

  test('changes nothing with --dry-run, but looks whether the password is right', async () => {
    const before = (await tokens()).length
    const { code, stdout, stderr } = await logIn(['--dry-run'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toBe(`would log in to ${server.host} as admin, and keep that in ${configPath()}\n`)
    expect(await tokens()).toHaveLength(before)
    await expect(readConfig()).rejects.toThrow('ENOENT')
  })

  test('names a broken config.json with the line, before anybody types a password', async () => {
    await writeConfig('{\n  "auths": {\n    "a": {}\n    "b": {}\n  }\n}\n')
    const { code, stderr } = await logIn()
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: ${configPath()}: line 4: it is no JSON; correct it, or move it away\n`,
    })
  })

  test('says that nothing listens', async () => {
    const { code, stderr } = await user.kontor(['login', 'localhost:1', '--token-stdin'], { input: 'kontor_pat_x' })
    expect({ code, stderr }).toEqual({ code: 10, stderr: expect.stringContaining('nothing listens at localhost:1') })
  })
})

describe('kontor login with a credential helper', () => {
  test('keeps the token there and not in the file', async () => {
    const helpers = await installCredentialHelpers(user)
    await helpers.choose('file')
    await writeConfig(
      JSON.stringify({ ...(await readConfig()), auths: { [`https://${server.host}`]: { auth: 'YTpi' } } }),
    )
    const env = { PATH: helpers.path }
    const arguments_ = ['login', server.host, '-u', 'admin', '--password-stdin']
    const { code, stderr } = await user.kontor(arguments_, { input: server.password, env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('kept in docker-credential-file\n') })
    expect(await helpers.keychain()).toEqual({
      [server.host]: { ServerURL: server.host, Username: 'admin', Secret: expect.stringMatching(/^kontor_pat_/) },
    })
    expect(await readConfig()).toEqual({
      credsStore: 'file',
      psFormat: 'json',
      auths: { [server.host]: {} },
      // podman knows no credsStore.
      credHelpers: { [server.host]: 'file' },
    })
    expect((await user.kontor(['whoami'], { env })).stdout).toMatch(/^admin\t/)
    expect((await user.kontor(['logout'], { env })).code).toBe(0)
    expect(await helpers.keychain()).toEqual({})
    expect(await readConfig()).toEqual({ credsStore: 'file', psFormat: 'json', auths: {} })
  })

  test('fails, and leaves no token behind, when the helper cannot keep it', async () => {
    const helpers = await installCredentialHelpers(user)
    await helpers.choose('file')
    await helpers.setKeychain({ locked: true })
    const before = (await tokens()).map(({ id }) => id)
    const arguments_ = ['login', server.host, '-u', 'admin', '--password-stdin']
    const { code, stderr } = await user.kontor(arguments_, { input: server.password, env: { PATH: helpers.path } })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "error: docker-credential-file store failed: the keychain is locked; see credsStore and credHelpers in docker's config.json\n",
    })
    expect((await tokens()).map(({ id }) => id)).toEqual(before)
    expect(await readFile(configPath(), 'utf8')).not.toContain('auths')
  })

  test('says that a helper is not there', async () => {
    await writeConfig('{"credsStore":"nowhere"}')
    const { code, stderr } = await logIn()
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('docker-credential-nowhere') })
  })
})

describe('kontor login elsewhere', () => {
  let other: OtherRegistry
  afterEach(() => other.stop())

  test.each(['basic', 'bearer'] as const)('keeps what it was given for a registry with %s', async (scheme) => {
    other = await startOtherRegistry(scheme)
    const arguments_ = ['login', other.host, '-u', 'dora', '--password-stdin']
    const wrong = await user.kontor(arguments_, { input: 'swiper' })
    expect(wrong).toMatchObject({ code: 4, stdout: '' })
    expect(wrong.stderr).toBe(`error: ${other.host} does not take this user name and password\n`)
    const { code, stdout, stderr } = await user.kontor(arguments_, { input: 'explorer' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${other.host}\n` })
    expect(stderr).toContain(`${other.host} is no Kontor`)
    const { auth } = (await readConfig()).auths[other.host]
    expect(Buffer.from(auth, 'base64').toString()).toBe('dora:explorer')
    const who = await user.kontor(['whoami'])
    expect(who).toMatchObject({ code: 1, stderr: expect.stringContaining('but it is no Kontor') })
  })

  test('tells a registry that wants no login nothing', async () => {
    other = await startOtherRegistry('none')
    const arguments_ = ['login', other.host, '-u', 'dora', '--password-stdin']
    const { code, stderr } = await user.kontor(arguments_, { input: 'explorer' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('lets everybody in') })
    expect(other.received).toEqual([])
  })
})
