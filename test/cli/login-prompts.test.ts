import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor, withoutSettings } from '../support/kontor.ts'
import { type Dialogue, runOnTerminal } from '../support/pseudo-terminal.ts'

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname

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

function onTerminal(arguments_: readonly string[], dialogue: Dialogue = []) {
  const { home, dockerConfig } = user
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_RUNTIME_DIR: home, DOCKER_CONFIG: dockerConfig }
  const command = [process.execPath, PROGRAM, ...arguments_]
  return runOnTerminal(command, { ...withoutSettings(process.env), ...env }, dialogue)
}

const kept = () => readFile(join(user.dockerConfig, 'config.json'), 'utf8')

describe('on a terminal, kontor login', () => {
  test('asks for name and password, and shows no password', async () => {
    const { code, shown } = await onTerminal(
      ['login', server.host],
      [
        ['user name: ', 'admin\n'],
        ['password or access token: ', `${server.password}\n`],
      ],
    )
    expect(code).toBe(0)
    expect(shown).not.toContain(server.password)
    expect(shown).toMatch(
      new RegExp(`^user name: admin\npassword or access token: \n${server.host}\nlogged in as admin until \\d{4}-`),
    )
    const who = await onTerminal(['whoami'])
    expect(who.shown).toMatch(
      /^USER {8}admin\nSERVER {6}127[\d.:]+\nROLE {8}admin\nCREDENTIAL {2}access-token\nEXPIRES {5}/,
    )
  })

  test.each([
    ['user name: ', [['user name: ', '\u0003']]],
    [
      'password',
      [
        ['user name: ', 'admin\n'],
        ['password or access token: ', 'half\u0003'],
      ],
    ],
  ] as const)('is left with ^C at %s, and nothing is kept', async (_question, dialogue) => {
    const { code, shown } = await onTerminal(['login', server.host], dialogue)
    expect({ code, shown }).toEqual({ code: 130, shown: expect.stringMatching(/error: interrupted\n$/) })
    expect(shown).not.toContain('half')
    await expect(kept()).rejects.toThrow('ENOENT')
  })

  test('warns before a password goes in the clear, and knows the server by its host from then on', async () => {
    // Every address of this machine is thought to be another's but those that are named as its own.
    const host = server.host.replace('127.0.0.1', '0.0.0.0')
    const { code, shown } = await onTerminal(
      ['login', `http://${host}`, '-u', 'admin'],
      [['password or access token: ', `${server.password}\n`]],
    )
    expect(code).toBe(0)
    expect(shown).toMatch(/^warning: 0\.0\.0\.0:\d+ has no TLS: what you type can be read on the way there\npassword/)
    expect((await user.kontor(['whoami', '-s', host])).stdout).toMatch(new RegExp(`^admin\thttp://${host}\t`))
    expect((await user.kontor(['context', 'ls', '-q'])).stdout).toBe(`http://${host}\n`)
  })

  test('asks nobody in CI', async () => {
    const env = { CI: 'true' }
    const { code, stderr } = await user.kontor(['login', server.host], { env })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('nobody can be asked') })
  })
})

test('kontor token revoke asks, and takes no for an answer', async () => {
  await user.kontor(['login', server.host, '-u', 'admin', '--password-stdin'], { input: server.password })
  await user.kontor(['token', 'create', 'laptop'])
  const no = await onTerminal(['token', 'revoke', 'laptop'], [['? (y/N): ', 'n\n']])
  expect(no).toMatchObject({
    code: 1,
    shown: expect.stringMatching(/^revoke laptop \(\d+\)\? \(y\/N\): n\nerror: nothing was changed/),
  })
  const { code } = await onTerminal(['token', 'revoke', 'laptop'], [['? (y/N): ', 'y\n']])
  expect(code).toBe(0)
  expect((await user.kontor(['token', 'ls', '-q', '-f', 'name=laptop'])).stdout).toBe('')
})
