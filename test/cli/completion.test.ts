import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createLoggedIn } from '../support/logged-in.ts'
import { basic, pushImage } from '../support/server.ts'

/** A machine that others use as well must have the time to answer. */
const PATIENT = { KONTOR_COMPLETION_TIMEOUT_MS: '30000' }

let server: Kontor
let admin: CliUser
let nobody: CliUser

beforeAll(async () => {
  server = await startKontor()
  const pusher = supertest.agent(server.url).set('Authorization', basic(server.username, server.password))
  for (const tag of ['1.0', '1.1', '2.0']) await pushImage(pusher, 'acme/web', { tag })
  await pushImage(pusher, 'acme/api', { tag: '1' })
  admin = await createLoggedIn(server)
  nobody = await createCliUser({ KONTOR_SERVER: 'localhost:1' })
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, nobody]) await user.leave()
})

async function complete(words: readonly string[], user = admin): Promise<string> {
  const { stdout, stderr, code } = await user.kontor(['__complete', '--', ...words], { env: PATIENT })
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return stdout
}

describe('kontor __complete', () => {
  test.each([
    [['repo', 'v'], 'view\tlook at a repository: what it is, its latest tags and its README\n'],
    [['tag', 'ls', '--o'], '--order\tasked of the server, for long lists\n'],
    [['tag', 'ls', '--order', 'v'], 'version\n'],
    [['tag', 'ls', '--order=n'], '--order=name\n'],
    [['completion', ''], 'bash\nzsh\nfish\n'],
    [['repo', 'edit', 'acme/web', '--readme', ''], ':files\n'],
    [['repo', 'nonsense', ''], ''],
    [['no', 'such', 'command'], ''],
    [['tag', 'ls', 'a', 'b'], ''],
  ])('reads the program’s own commands and options: %j', async (words, expected) => {
    expect(await complete(words, nobody)).toBe(expected)
  })

  test('does not show itself', async () => {
    expect(await complete([''], nobody)).not.toContain('__complete')
    expect((await nobody.kontor(['--help'])).stdout).not.toContain('__complete')
  })

  test.each([
    [['tag', 'ls', 'acme/'], 'acme/api\nacme/web\n'],
    [['repo', 'rm', 'acme/web', 'acme/a'], 'acme/api\n'],
    [['tag', 'rm', 'acme/w'], 'acme/web:\n'],
    [['tag', 'rm', 'acme/web:1'], 'acme/web:1.1\nacme/web:1.0\n'],
    [['tag', 'add', 'acme/web:1.0', '2'], '2.0\n'],
    [['watch', 'acme/web:2'], 'acme/web:2.0\n'],
    [['repo', 'edit', 'acme/web', '--successor=acme/a'], '--successor=acme/api\n'],
    [['tag', 'ls', '-q', '--prefix', 'x', 'acme/w'], 'acme/web\n'],
    [['tag', 'ls', 'absent/'], ''],
  ])('asks the server for names: %j', async (words, expected) => {
    expect(await complete(words)).toBe(expected)
  })

  test('takes the server from the name or the line', async () => {
    expect(await complete(['tag', 'rm', `${server.host}/acme/web:2`])).toBe(`${server.host}/acme/web:2.0\n`)
    expect(await complete(['tag', 'ls', '-s', 'localhost:1', 'acme/ap'])).toBe('')
    expect(await complete(['tag', 'ls', '--server=localhost:1', 'acme/ap'])).toBe('')
  })

  test('says nothing of what fails', async () => {
    expect(await complete(['tag', 'ls', 'acme/'], nobody)).toBe('')
    const broken = await createCliUser({ KONTOR_SERVER: server.host })
    await broken.kontor(['repo', 'ls'])
    expect(await complete(['tag', 'ls', 'acme/'], broken)).toBe('')
    await broken.leave()
  })

  test('remembers for some seconds, for this user alone, and bears what it cannot read', async () => {
    const path = join(admin.home, '.cache', 'kontor', 'completion.json')
    await complete(['tag', 'ls', 'acme/'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const kept = JSON.parse(await readFile(path, 'utf8'))
    const key = JSON.stringify([server.url, '/repositories', { prefix: 'acme/' }])
    expect(kept[key]).toEqual({ at: expect.any(Number), names: ['acme/api', 'acme/web'] })
    const put = (entry: unknown) => writeFile(path, JSON.stringify({ [key]: entry }))
    // What is to come is as fresh as can be.
    await put({ at: Date.now(), names: ['acme/kept'] })
    expect(await complete(['tag', 'ls', 'acme/'])).toBe('acme/kept\n')
    await put({ at: Date.now() - 60_000, names: ['acme/kept'] })
    expect(await complete(['tag', 'ls', 'acme/'])).toBe('acme/api\nacme/web\n')
    await writeFile(path, '{"broken')
    expect(await complete(['tag', 'ls', 'acme/'])).toBe('acme/api\nacme/web\n')
  })

  test('does not wait for a server that takes its time', async () => {
    const { code, stdout, stderr } = await admin.kontor(['__complete', '--', 'tag', 'ls', 'acme/we'], {
      env: { KONTOR_COMPLETION_TIMEOUT_MS: '0' },
    })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

// That the scripts work is proved in the shells themselves: completion-shells.test.ts.
describe('kontor completion', () => {
  test('has a script for each shell, and knows no other', async () => {
    for (const [shell, word] of [
      ['bash', 'complete -F _kontor kontor'],
      ['zsh', '#compdef kontor'],
      ['fish', 'complete -c kontor'],
    ] as const) {
      expect((await nobody.kontor(['completion', shell])).stdout).toContain(word)
    }
    const { code, stderr } = await nobody.kontor(['completion', 'csh'])
    expect(code).toBe(2)
    expect(stderr).toContain('bash, zsh, fish')
  })
})
