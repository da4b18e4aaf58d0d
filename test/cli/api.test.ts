import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'

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

const api = (...arguments_: string[]) => user.kontor(['api', ...arguments_])

describe('kontor api', () => {
  test.each(['user', '/user', '/api/v1/user'])('gets %s', async (path) => {
    const { code, stdout, stderr } = await api(path)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ username: 'admin' })
    expect(stdout).not.toContain('\n')
  })

  test('creates by fields, changes by JSON, deletes', async () => {
    expect(JSON.parse((await api('/organizations', '-f', 'name=acme')).stdout)).toMatchObject({ name: 'acme' })
    const body = join(user.home, 'body.json')
    await writeFile(body, '{"basePermission":"none"}')
    const changed = await api('PATCH', '/organizations/acme', '--input', body)
    expect(JSON.parse(changed.stdout)).toMatchObject({ basePermission: 'none' })
    const input = { input: '{"basePermission":"push"}' }
    const again = await user.kontor(['api', 'patch', '/organizations/acme', '--input', '-'], input)
    expect(JSON.parse(again.stdout)).toMatchObject({ basePermission: 'push' })
    const token = await api(
      '/user/tokens',
      '-f',
      'name=x',
      '-F',
      'scopes=[{"repositories":"acme/*","permission":"pull"}]',
    )
    expect(JSON.parse(token.stdout)).toMatchObject({ scopes: [{ repositories: 'acme/*' }] })
    expect(await api('DELETE', '/organizations/acme')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('keeps the query of a path, and adds fields to it with GET', async () => {
    await api('/user/tokens', '-f', 'name=first')
    await api('/user/tokens', '-f', 'name=second')
    expect(JSON.parse((await api('/user/tokens?limit=1')).stdout).items).toHaveLength(1)
    expect(JSON.parse((await api('GET', '/user/tokens', '-f', 'limit=1')).stdout).items).toHaveLength(1)
    const { code, stdout } = await api('/user/tokens?a=b')
    expect({ code, stdout: JSON.parse(stdout) }).toEqual({
      code: 2,
      stdout: expect.objectContaining({ title: 'BODY_INVALID' }),
    })
  })

  test('goes through the pages of a list', async () => {
    const whole = JSON.parse((await api('/user/tokens')).stdout) as { items: unknown[] }
    const { stdout } = await api('--paginate', '/user/tokens?limit=1')
    const pages = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { items: unknown[] })
    expect(pages.length).toBe(whole.items.length)
    expect(pages.flatMap(({ items }) => items)).toEqual(whole.items.map(() => expect.anything()))
  })

  test('prints status and headers with -i', async () => {
    const { stdout } = await api('-i', '/organizations/nobody')
    expect(stdout).toMatch(/^HTTP 404 Not Found\n([\w-]+: .*\n)+\n\{"type":"about:blank"/)
  })

  test('sends headers', async () => {
    const { code, stdout } = await api('/audit?limit=1', '-H', 'Accept: text/csv')
    expect({ code, stdout: stdout.split('\n')[0] }).toEqual({ code: 0, stdout: expect.stringContaining(',') })
  })

  test.each([
    ['/user/tokens/999', 3, 'NOT_FOUND'],
    ['/nothing', 3, 'NOT_FOUND'],
  ])('prints the refusal of %s as it is, and ends with %i', async (path, code, title) => {
    const answer = await api(path)
    expect(JSON.parse(answer.stdout)).toMatchObject({ title })
    expect(answer).toMatchObject({ code, stderr: expect.stringMatching(/^error: there is no.*\(NOT_FOUND, request /) })
  })

  test('ends with 4 for nobody, and says how to log in', async () => {
    const stranger = await createCliUser()
    const { code, stderr } = await stranger.kontor(['api', '/user', '-s', server.host])
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining(`try: kontor login ${server.host}`) })
    await stranger.leave()
  })

  test('sends nothing with --dry-run that changes something', async () => {
    expect(await api('/organizations', '-f', 'name=never', '--dry-run')).toEqual({
      code: 0,
      stdout: '',
      stderr: `would send POST /organizations to ${server.host} {"name":"never"}\n`,
    })
    expect((await api('/organizations/never')).code).toBe(3)
  })

  test.each([
    [['POST', '/user/tokens', '-f', 'name'], 'name is no field'],
    [['POST', '/user/tokens', '-F', 'name=laptop'], 'use -f name=laptop for a text'],
    [['POST', '/user/tokens', '-f', 'name=x', '--input', '-'], '--input and fields cannot both be given'],
    [['POST', '/user/tokens', '--paginate'], '--paginate goes with GET only'],
    [['POST', '/user/tokens', '--input', '/nowhere/body.json'], '/nowhere/body.json cannot be read'],
    [['G?T', '/user'], 'G?T is no method'],
    [['/user', '-H', 'nonsense'], '-H nonsense is no header'],
  ])('refuses %j', async (arguments_, words) => {
    const { code, stderr } = await api(...arguments_)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) })
  })
})
