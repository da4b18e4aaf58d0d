import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Dialogue, runOnTerminal } from '../support/pseudo-terminal.ts'
import { createSelfSignedCertificate } from '../support/self-signed-certificate.ts'

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname
const HOST = 'name by which clients reach it [localhost]: '
const PORT = 'port on which it listens [5000]: '
const FOLDER = 'folder for everything it stores [./data]: '
const PASSWORD = 'password for admin [generate one]: '
const TRANSPORT = '1, 2 or 3 [1]: '
const CERTIFICATE = 'file with the certificate and its chain (PEM): '
const KEY = 'file with its private key (PEM): '

let root: string
let folder: string
let operator: CliUser

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kontor-init-dialogue-'))
  operator = await createCliUser()
})
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'folder-'))
})
afterAll(async () => {
  await operator.leave()
  await rm(root, { recursive: true })
})

/** `kontor …` on a terminal, in a folder that is empty at first. */
function inFolder(arguments_: readonly string[], dialogue: Dialogue) {
  const command = ['sh', '-c', 'cd "$0" && exec "$@"', folder, process.execPath, PROGRAM, ...arguments_]
  return runOnTerminal(command, operator.environment, dialogue)
}

/** The settings that were written, without what is explained. */
async function settings(): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'kontor.yaml'), 'utf8')
  return text.split('\n').filter((line) => /^ *\w+: ?\S/.test(line))
}

describe('kontor init asks', () => {
  test('four questions, and Enter answers each; what it made starts, and its password is good', async () => {
    const { code, shown } = await inFolder(
      ['init'],
      [
        [HOST, '\n'],
        [PORT, '\n'],
        [FOLDER, '\n'],
        [PASSWORD, '\n'],
      ],
    )
    expect(code).toBe(0)
    const [, password = ''] = /^([\w-]{20})$/m.exec(shown) ?? []
    expect(shown.replace(password, '<password>').replaceAll(folder, '<folder>')).toBe(`${HOST}
${PORT}
${FOLDER}
${PASSWORD}
<password>
created the administrator admin in <folder>/data; the password is shown this once
wrote kontor.yaml

next:
  kontor serve
  kontor doctor
  docker login localhost:5000 -u admin
`)
    expect(await settings()).toEqual([`dataDir: "${folder}/data"`, '  port: 5000'])

    // The usual port may be taken: what is started with the file has another for this once.
    const logInAndStop = async (text: string) => {
      const [, host = ''] = /listening on http:\/\/([\d.]+:\d+)/.exec(text) ?? []
      const login = await operator.kontor(['login', host, '-u', 'admin', '--password-stdin'], { input: password })
      expect(login).toMatchObject({ code: 0, stdout: `${host}\n` })
      return '\u0003'
    }
    const { code: end } = await inFolder(['serve', '--http.port=0'], [['is listening on', logInAndStop]])
    expect(end).toBe(0)
  })

  test('for the files of a certificate, until they can be used', async () => {
    const [good, other] = [createSelfSignedCertificate(), createSelfSignedCertificate()]
    for (const [name, text] of [
      ['s.crt', good.cert],
      ['s.key', good.key],
      ['other.key', other.key],
    ] as const) {
      await writeFile(join(folder, name), text)
    }
    const { code, shown } = await inFolder(
      ['init', '--data-dir', 'data'],
      [
        [HOST, 'registry.example.com\n'],
        [TRANSPORT, '4\n'],
        [TRANSPORT, '\n'],
        [CERTIFICATE, 'absent.crt\n'],
        [KEY, 's.key\n'],
        [CERTIFICATE, 's.crt\n'],
        [KEY, 's.crt\n'],
        [CERTIFICATE, 's.crt\n'],
        [KEY, 'other.key\n'],
        [CERTIFICATE, 's.crt\n'],
        [KEY, 's.key\n'],
        [PORT, '5443\n'],
        [PASSWORD, 'a secret of mine\n'],
        ['once more: ', 'a secret of mine\n'],
      ],
    )
    expect(code).toBe(0)
    expect(shown).toMatch(/absent\.crt.*does not exist|there is no.*absent\.crt/)
    expect(shown).toContain(`${join(folder, 's.crt')} holds no private key`)
    expect(shown).toContain('other.key does not belong to the first certificate in')
    expect(shown.match(/warning: the certificate is not for registry\.example\.com/g)).toHaveLength(1)
    expect(shown).not.toContain('a secret of mine')
    expect(shown).toMatch(/\nkontor\.yaml\n\nnext:\n.* {2}docker login registry\.example\.com:5443 -u admin\n$/s)
    expect(await settings()).toEqual([
      `dataDir: "${folder}/data"`,
      '  port: 5443',
      '  publicUrl: "https://registry.example.com:5443"',
      `    certFile: "${folder}/s.crt"`,
      `    keyFile: "${folder}/s.key"`,
    ])
  })

  test('which proxy is before it', async () => {
    const { code, shown } = await inFolder(
      ['init', '--data-dir', 'data'],
      [
        [HOST, 'registry.example.com\n'],
        [TRANSPORT, '2\n'],
        ['addresses of the proxy [127.0.0.1]: ', 'my proxy\n'],
        ['addresses of the proxy [127.0.0.1]: ', '10.0.0.7, 10.0.0.8\n'],
        [PORT, '\n'],
        [PASSWORD, '\n'],
      ],
    )
    expect(code).toBe(0)
    expect(shown).toContain('  docker login registry.example.com -u admin\n')
    expect(await settings()).toEqual([
      `dataDir: "${folder}/data"`,
      '  host: "0.0.0.0"',
      '  port: 5000',
      '  publicUrl: "https://registry.example.com"',
      '  trustProxy: ["10.0.0.7","10.0.0.8"]',
    ])
  })

  test('again after answers that are no good', async () => {
    const { code, shown } = await inFolder(
      ['init'],
      [
        [HOST, 'https://registry.example.com\n'],
        [HOST, 'localhost\n'],
        [PORT, 'http\n'],
        [PORT, '70000\n'],
        [PORT, '5001\n'],
        [FOLDER, '\n'],
        [PASSWORD, 'short\n'],
        [PASSWORD, 'long enough\n'],
        ['once more: ', 'something else\n'],
        [PASSWORD, 'long enough\n'],
        ['once more: ', 'long enough\n'],
      ],
    )
    expect(code).toBe(0)
    expect(shown).toContain('  "https://registry.example.com" is no host name; write it without scheme and port\n')
    expect(shown).toMatch(/\n {2}.*a whole number from 0 to 65535, not "http"\n/)
    expect(shown).toMatch(/\n {2}.*a whole number from 0 to 65535, not "?70000"?\n/)
    expect(shown).toContain('  a password has at least 8 characters\n')
    expect(shown).toContain('  the two are not the same\n')
    expect(shown).toMatch(/\nkontor\.yaml\n\nnext:\n {2}kontor serve\n/)
    expect(shown).not.toMatch(/long enough|something else/)
  })

  test.each([
    ['the first question', [[HOST, '\u0003']]],
    [
      'the password',
      [
        [HOST, '\n'],
        [PORT, '\n'],
        [FOLDER, '\n'],
        [PASSWORD, 'half\u0003'],
      ],
    ],
    [
      'its repetition, with ^D,',
      [
        [HOST, '\n'],
        [PORT, '\n'],
        [FOLDER, '\n'],
        [PASSWORD, 'long enough\n'],
        ['once more: ', '\u0004'],
      ],
    ],
  ] as const)('and ^C at %s leaves nothing behind', async (_question, dialogue) => {
    const { code, shown } = await inFolder(['init'], dialogue)
    expect({ code, shown }).toEqual({ code: 130, shown: expect.stringMatching(/: \nerror: interrupted\n$/) })
    expect(await readdir(folder)).toEqual([])
  })

  test('nothing at all where there is a kontor.yaml already', async () => {
    await writeFile(join(folder, 'kontor.yaml'), 'log: {level: warn}\n')
    expect(await inFolder(['init'], [])).toEqual({
      code: 6,
      shown: 'error: kontor.yaml exists; use --force to write over it, or --config <file>\n',
    })
    expect(await readFile(join(folder, 'kontor.yaml'), 'utf8')).toBe('log: {level: warn}\n')
  })

  test('for no password where there is a registry already', async () => {
    await inFolder(['init', '--yes'], [])
    const dialogue = [HOST, PORT, FOLDER].map((question) => [question, '\n'] as const)
    const { code, shown } = await inFolder(['init', '--force'], dialogue)
    expect(code).toBe(0)
    expect(shown).toContain(`${folder}/data holds a registry already, whose users stay as they are\nkontor.yaml\n`)
  })
})
