import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAccessToken, listAccessTokens } from '../support/access-tokens.ts'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi } from '../support/logged-in.ts'

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
async function keptPair(): Promise<string> {
  return Buffer.from((await readConfig()).auths[server.host].auth, 'base64').toString()
}

describe('kontor logout', () => {
  test('revokes the token that login made, and forgets it', async () => {
    await logIn()
    const secret = (await keptPair()).slice('admin:'.length)
    const { code, stdout, stderr } = await user.kontor(['logout'])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${server.host}\n`, stderr: '' })
    expect((await readConfig()).auths).toEqual({})
    const answer = await fetch(`${server.url}/api/v1/user`, { headers: { Authorization: `Bearer ${secret}` } })
    expect(answer.status).toBe(401)
    expect(await user.kontor(['logout'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `nobody was logged in to ${server.host}\n`,
    })
  })

  test('leaves a token that it was handed as it is', async () => {
    const { id, token } = await createAccessToken(server, 'shared')
    await user.kontor(['login', server.host, '--token-stdin'], { input: token })
    const { code, stderr } = await user.kontor(['logout'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('goes on being valid') })
    expect((await tokens()).map((one) => one.id)).toContain(id)
  })

  test('does not need the server', async () => {
    const gone = await startKontor()
    const arguments_ = ['login', gone.host, '-u', 'admin', '--password-stdin']
    await user.kontor(arguments_, { input: gone.password })
    await gone.stop()
    const { code, stdout, stderr } = await user.kontor(['logout', gone.host])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${gone.host}\n` })
    expect(stderr).toContain(`could not be revoked, and is valid until its end: nothing listens at ${gone.host}`)
    expect((await readConfig()).auths).toEqual({})
  })

  test('changes nothing with --dry-run', async () => {
    await logIn()
    expect(await user.kontor(['logout', '--dry-run'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `would remove what ${configPath()} keeps at ${server.host}\n`,
    })
    expect(await keptPair()).toMatch(/^admin:/)
  })
})

describe('kontor whoami', () => {
  test('tells user, server, credential and end', async () => {
    await logIn()
    const { code, stdout, stderr } = await user.kontor(['whoami'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^admin\t${server.host}\tadmin\taccess-token\t\t\\d{4}-\\d\\d-\\d\\dT[^\t]*\n$`))
    const { stdout: json } = await user.kontor(['whoami', '--format', 'json'])
    expect(JSON.parse(json)).toMatchObject({ kind: 'user', username: 'admin', credential: 'access-token' })
  })

  test('says how to go on where nobody is logged in', async () => {
    expect(await user.kontor(['whoami', '-s', server.host])).toEqual({
      code: 4,
      stdout: '',
      stderr: `error: nobody is logged in to ${server.host}; try: kontor login ${server.host}\n`,
    })
  })

  test('tells of an end within a week', async () => {
    await logIn(['--expires', '50h'])
    const { code, stderr } = await user.kontor(['whoami'])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `this ends in 2 days; kontor login ${server.host} renews it\n`,
    })
  })

  test('says how to renew a token that is over', async () => {
    await logIn()
    for (const { id, name } of await tokens()) {
      if (name.startsWith('kontor on ')) await askApi(server, 'DELETE', `/user/tokens/${id}`)
    }
    const { code, stderr } = await user.kontor(['whoami'])
    expect(code).toBe(4)
    expect(stderr).toMatch(
      /^error: the access token is not valid any more; .* \(UNAUTHORIZED, request [^)]*\); try: kontor login 127\.0\.0\.1:\d+\n$/,
    )
  })
})
