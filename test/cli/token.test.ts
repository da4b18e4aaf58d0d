import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { startOtherRegistry } from '../support/other-registry.ts'

let server: Kontor
let user: CliUser

beforeAll(async () => {
  server = await startKontor()
  user = await createCliUser()
  const arguments_ = ['login', server.host, '-u', 'admin', '--password-stdin']
  await user.kontor(arguments_, { input: server.password })
})
afterAll(async () => {
  await user.leave()
  await server.stop()
})

test('KONTOR_TOKEN is shown to the server that is meant, and to no other that stands in the name of an image', async () => {
  const other = await startOtherRegistry('none')
  const env = { KONTOR_TOKEN: 'kontor_pat_of_somebody' }
  await user.kontor(['tag', 'ls', `${other.host}/acme/web`], { env })
  await user.kontor(['image', 'inspect', `${other.host}/acme/web`], { env: { ...env, KONTOR_SERVER: server.host } })
  expect(other.received).toEqual([])
  await user.kontor(['tag', 'ls', 'acme/web', '--server', other.host], { env })
  expect(other.received).toEqual(['Bearer kontor_pat_of_somebody'])
  await other.stop()
})

const list = async (...flags: string[]) =>
  (await user.kontor(['token', 'ls', ...flags])).stdout.split('\n').slice(0, -1)

describe('kontor token', () => {
  test('creates a token, alone on stdout, that logs in', async () => {
    const arguments_ = [
      'token',
      'create',
      'deploy',
      '--scope',
      'acme/*:push',
      '--scope',
      'acme/web:pull',
      '--expires',
      '30d',
    ]
    const { code, stdout, stderr } = await user.kontor(arguments_)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^kontor_pat_[0-9A-Za-z]{46}\n$/) })
    expect(stderr).toMatch(
      /^this is shown once; it has acme\/\*:push acme\/web:pull and an end on .*\nkontor token revoke \d+ ends it\n$/,
    )
    const env = { KONTOR_TOKEN: stdout.trim() }
    const who = await user.kontor(['whoami', '--format', '{{.Username}} {{json .Scopes}}'], { env })
    expect(who.stdout).toBe(
      'admin [{"repositories":"acme/*","permission":"push"},{"repositories":"acme/web","permission":"pull"}]\n',
    )
    const [line] = await list('-f', 'name=deploy')
    expect(line).toMatch(
      /^\d+\tdeploy\tacme\/\*:push acme\/web:pull\t[^\t]+Z\t[^\t]+Z\t[^\t]+Z\t(::ffff:)?127\.0\.0\.1$/,
    )
  })

  test('revokes by name and by id, after asking', async () => {
    await user.kontor(['token', 'create', 'one'])
    await user.kontor(['token', 'create', 'two'])
    const ids = [...(await list('-q', '-f', 'name=one')), ...(await list('-q', '-f', 'name=two'))]
    const [one = '', two = ''] = ids
    expect(await user.kontor(['token', 'revoke', 'one', two])).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('add --yes to go on without being asked'),
    })
    expect(await user.kontor(['token', 'revoke', 'one', two, '--dry-run'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `would revoke one (${one}), two (${two})\n`,
    })
    expect(await user.kontor(['token', 'revoke', 'one', two, '--yes'])).toEqual({
      code: 0,
      stdout: `${one}\n${two}\n`,
      stderr: '',
    })
    expect(await list('-q')).not.toContain(one)
  })

  test('revokes all or none, and no name that several have', async () => {
    await user.kontor(['token', 'create', 'twin'])
    await user.kontor(['token', 'create', 'twin'])
    const ids = await list('-q', '-f', 'name=twin')
    expect(await user.kontor(['token', 'revoke', 'twin', '--yes'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: 2 access tokens are called twin; say which by its id: ${ids.join(', ')}\n`,
    })
    expect(await user.kontor(['token', 'revoke', ids[0] ?? '', '999', '--yes'])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'error: there is no access token 999; try: kontor token ls\n',
    })
    expect(await list('-q', '-f', 'name=twin')).toEqual(ids)
  })

  test('revokes the token it works with last', async () => {
    const { stdout: token } = await user.kontor(['token', 'create', 'mine'])
    await user.kontor(['token', 'create', 'last'])
    const env = { KONTOR_TOKEN: token.trim() }
    const { code, stdout, stderr } = await user.kontor(['token', 'revoke', 'mine', 'last', '--yes'], { env })
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 3 })
    expect(stderr).toContain('this client was logged in with ')
  })

  test.each([
    ['acme/web', '--scope acme/web is no scope; write it as acme/*:push'],
    [':push', '--scope :push is no scope'],
    ['acme/web:write', '--scope acme/web:write is no scope'],
  ])('refuses the scope %s', async (scope, words) => {
    const { code, stderr } = await user.kontor(['token', 'create', 'x', '--scope', scope])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) })
  })

  test('creates nothing with --dry-run', async () => {
    expect(await user.kontor(['token', 'create', 'never', '--dry-run'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'would create the access token never with all your rights and no end\n',
    })
    expect(await list('-f', 'name=never')).toEqual([])
  })

  test('is not for tokens with scopes', async () => {
    const { stdout: token } = await user.kontor(['token', 'create', 'narrow', '--scope', 'acme/*:pull'])
    const { code, stderr } = await user.kontor(['token', 'ls'], { env: { KONTOR_TOKEN: token.trim() } })
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('act on repositories only') })
  })
})
