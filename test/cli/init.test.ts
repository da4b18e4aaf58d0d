import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { startKontor } from '../support/kontor.ts'
import { createSelfSignedCertificate } from '../support/self-signed-certificate.ts'

let root: string
let folder: string
let operator: CliUser

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kontor-init-'))
  operator = await createCliUser()
})
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'folder-'))
})
afterAll(async () => {
  await operator.leave()
  await rm(root, { recursive: true })
})

/** `kontor init` for a folder of its own, without anybody to ask. */
function init(flags: readonly string[], input = '') {
  const places = ['--config', join(folder, 'kontor.yaml'), '--data-dir', join(folder, 'data')]
  return operator.kontor(['init', ...places, ...flags], { input })
}

function check() {
  return operator.kontor(['config', 'check', '--config', join(folder, 'kontor.yaml')])
}

describe('kontor init', () => {
  test('makes a registry with --yes, in which the printed password is good', async () => {
    const { code, stdout, stderr } = await init(['--yes'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[\w-]{20}\n$/)
    expect(stderr).toContain(
      `created the administrator admin in ${join(folder, 'data')}; the password is shown this once`,
    )
    expect(stderr).toContain('\n  docker login localhost:5000 -u admin\n')
    expect(await check()).toMatchObject({ code: 0, stderr: '' })
    const kontor = await startKontor({ dataDir: join(folder, 'data') })
    try {
      const authorization = `Basic ${Buffer.from(`admin:${stdout.trim()}`).toString('base64')}`
      const response = await fetch(`${kontor.url}/api/v1/user`, { headers: { authorization } })
      expect(await response.json()).toMatchObject({ username: 'admin', role: 'admin' })
    } finally {
      await kontor.stop()
    }
  })

  test('takes a password from standard input, writes it nowhere and prints the files instead', async () => {
    const flags = [
      '--host-name=registry.example.com',
      '--proxy=10.0.0.7',
      '--port=5001',
      '--admin=operator',
      '--systemd',
    ]
    const { code, stdout } = await init([...flags, '--admin-password-stdin'], 'a secret of mine\n')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${join(folder, 'kontor.yaml')}\n${join(folder, 'kontor.service')}\n`,
    })
    const text = await readFile(join(folder, 'kontor.yaml'), 'utf8')
    expect(text.split('\n').filter((line) => /^ *\w+: ?\S/.test(line))).toEqual([
      `dataDir: "${join(folder, 'data')}"`,
      '  host: "0.0.0.0"',
      '  port: 5001',
      '  publicUrl: "https://registry.example.com"',
      '  trustProxy: ["10.0.0.7"]',
      '  username: "operator"',
    ])
    expect(text).not.toContain('a secret of mine')
    expect(await check()).toMatchObject({ code: 0, stderr: '' })
    const unit = await readFile(join(folder, 'kontor.service'), 'utf8')
    expect(unit).toMatch(/^ExecStart=\/.* serve --config \/.*kontor\.yaml$/m)
    expect(unit).toContain(`\nReadWritePaths=${join(folder, 'data')}\n`)
  })

  test('keeps the data folder to its owner', async () => {
    await init(['--yes'])
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700)
  })

  test('writes over nothing unless told so, and ends with 6', async () => {
    await writeFile(join(folder, 'kontor.yaml'), 'log: {level: warn}\n')
    expect(await init(['--yes'])).toEqual({
      code: 6,
      stdout: '',
      stderr: `error: ${join(folder, 'kontor.yaml')} exists; use --force to write over it, or --config <file>\n`,
    })
    expect(await readFile(join(folder, 'kontor.yaml'), 'utf8')).toBe('log: {level: warn}\n')
    expect((await init(['--yes', '--force'])).code).toBe(0)
  })

  test('leaves the users of a registry that is there as they are', async () => {
    await init(['--yes'])
    const { code, stdout, stderr } = await init(['--yes', '--force'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(folder, 'kontor.yaml')}\n` })
    expect(stderr).toContain('holds a registry already, whose users stay as they are')
  })

  test('says with --dry-run what it would do, and does nothing', async () => {
    expect(await init(['--yes', '--dry-run', '--systemd'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `would write ${join(folder, 'kontor.yaml')}
would write ${join(folder, 'kontor.service')}
would create the administrator admin in ${join(folder, 'data')}
`,
    })
    expect(await readdir(folder)).toEqual([])
  })

  test('sees that the certificate can be used, and for whom it is', async () => {
    const { cert, key } = createSelfSignedCertificate()
    const files = { cert: join(folder, 's.crt'), key: join(folder, 's.key') }
    await writeFile(files.cert, cert)
    await writeFile(files.key, key)
    const named = ['--yes', '--host-name', 'registry.example.com', '--tls-cert', files.cert, '--tls-key']
    expect(await init([...named, files.cert])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/holds no private key/),
    })
    const { code, stderr } = await init([...named, files.key])
    expect(code).toBe(0)
    expect(stderr).toContain(
      'warning: the certificate is not for registry.example.com but for DNS:localhost, IP Address:127.0.0.1; clients will refuse it\n',
    )
  })

  test.each([
    { flags: [], stderr: /--host-name is not given, and nobody can be asked/ },
    { flags: ['--yes', '--host-name', 'r.example.com:5000'], stderr: /"r.example.com:5000" is no host name/ },
    { flags: ['--yes', '--host-name', 'r.example.com'], stderr: /whether clients reach r.example.com with TLS/ },
    { flags: ['--yes', '--port', 'http'], stderr: /http.port must be a whole number from 0 to 65535, not "http"/ },
    { flags: ['--yes', '--admin', 'Ops'], stderr: /admin.username must be a name of lower-case letters/ },
    { flags: ['--yes', '--tls-cert', 'x.crt'], stderr: /--tls-cert and --tls-key belong together/ },
    { flags: ['--yes', '--no-tls', '--proxy', '::1'], stderr: /exclude each other/ },
    { flags: ['--yes', '--admin-password-stdin'], stderr: /a password has at least 8 characters/ },
    { flags: ['--hostname', 'x'], stderr: /unknown option '--hostname'; did you mean --host-name\?\n/ },
  ])('refuses $flags with 2, and leaves nothing behind', async ({ flags, stderr }) => {
    const result = await init(flags, 'short')
    expect(result).toMatchObject({ code: 2, stdout: '' })
    expect(result.stderr).toMatch(stderr)
    expect(await readdir(folder)).toEqual([])
  })
})
