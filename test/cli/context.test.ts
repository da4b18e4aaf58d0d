import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'

let user: CliUser

beforeEach(async () => {
  user = await createCliUser()
})
afterEach(() => user.leave())

async function write(path: string, content: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, content)
}
const contextsPath = () => join(user.home, '.config', 'kontor', 'contexts.json')
const configPath = () => join(user.dockerConfig, 'config.json')

describe('kontor context', () => {
  test('lists what was used and what docker knows, and nothing at first', async () => {
    expect(await user.kontor(['context', 'ls'])).toEqual({ code: 0, stdout: '', stderr: '' })
    await write(
      configPath(),
      JSON.stringify({
        auths: {
          'https://hub.example.com/v1/': { auth: 'YTpi' },
          'https://old.example.com': { auth: Buffer.from('olga:x').toString('base64') },
          'new.example.com': {},
        },
        credHelpers: { 'new.example.com': 'pass' },
      }),
    )
    expect((await user.kontor(['context', 'use', 'localhost:5000'])).stdout).toBe('localhost:5000\n')
    expect((await user.kontor(['context', 'use', 'http://10.0.0.7:5000'])).stdout).toBe('http://10.0.0.7:5000\n')
    expect((await user.kontor(['context', 'ls'])).stdout.replaceAll(user.home, '~')).toBe(
      [
        'localhost:5000\tfalse\t\t',
        'http://10.0.0.7:5000\ttrue\t\t',
        'new.example.com\tfalse\t\tdocker-credential-pass',
        'old.example.com\tfalse\tolga\t~/.docker/config.json',
        '',
      ].join('\n'),
    )
    expect((await user.kontor(['context', 'ls', '-q', '-f', 'current=true'])).stdout).toBe('http://10.0.0.7:5000\n')
  })

  test('knows a listed server without its scheme, and the whole address of a new one', async () => {
    await user.kontor(['context', 'use', 'http://10.0.0.7:5000'])
    await user.kontor(['context', 'use', 'https://registry.example.com/'])
    expect((await user.kontor(['context', 'use', '10.0.0.7:5000'])).stdout).toBe('http://10.0.0.7:5000\n')
    expect(JSON.parse(await readFile(contextsPath(), 'utf8'))).toEqual({
      current: 'http://10.0.0.7:5000',
      servers: ['http://10.0.0.7:5000', 'registry.example.com'],
    })
  })

  test('removes servers, all or none', async () => {
    await user.kontor(['context', 'use', 'one.example.com'])
    await user.kontor(['context', 'use', 'two.example.com'])
    expect(await user.kontor(['context', 'rm', 'one.example.com', 'three.example.com'])).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'error: three.example.com is not in the list of this client; what docker knows goes by: kontor logout three.example.com\n',
    })
    expect(await user.kontor(['context', 'rm', '--dry-run', 'two.example.com'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'would remove two.example.com\n',
    })
    expect((await user.kontor(['context', 'rm', 'two.example.com'])).stdout).toBe('two.example.com\n')
    expect(JSON.parse(await readFile(contextsPath(), 'utf8'))).toEqual({ servers: ['one.example.com'] })
  })

  test.each(['https://registry.example.com/path', 'two words', ''])('refuses %j as an address', async (address) => {
    const { code, stderr } = await user.kontor(['context', 'use', address])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('is no address of a server') })
  })

  test.each([
    ['{\n "servers": [],\n "current": localhost\n}', 'line 3: it is no JSON'],
    ['{"servers": ["a"],\n}', 'line 2: it is no JSON'],
    ['[]', 'line 1: it is no JSON object'],
    ['{"servers": [1]}', '"servers" is no list of addresses'],
  ])('names the place where contexts.json is broken: %j', async (content, words) => {
    await write(contextsPath(), content)
    const { code, stderr } = await user.kontor(['context', 'ls'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: ${contextsPath()}: ${words}; correct it, or delete it and call: kontor context use <server>\n`,
    })
  })
})
