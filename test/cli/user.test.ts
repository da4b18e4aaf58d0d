import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'

let dataDir: string
let operator: CliUser

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kontor-users-'))
  operator = await createCliUser({ KONTOR_DATA_DIR: dataDir })
})
afterAll(async () => {
  await operator.leave()
  await rm(dataDir, { recursive: true })
})

/** Who the server says has these credentials; the status where it lets nobody in. */
async function whoIs(kontor: Kontor, username: string, password: string): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const response = await fetch(`${kontor.url}/api/v1/user`, { headers: { authorization } })
  if (!response.ok) return response.status
  const { username: name } = (await response.json()) as { username: string }
  return name
}

async function auditTrail(kontor: Kontor): Promise<unknown[]> {
  const authorization = `Basic ${Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')}`
  const response = await fetch(`${kontor.url}/api/v1/audit`, { headers: { authorization } })
  const { items } = (await response.json()) as { items: unknown[] }
  return items
}

test('where no server was ever started it says which folder it looked at, and ends with 3', async () => {
  expect(await operator.kontor(['user', 'ls'])).toEqual({
    code: 3,
    stdout: '',
    stderr: `error: there is no registry in the data folder ${dataDir}; give the one that the server uses (--data-dir, or --config), or make one: kontor init\n`,
  })
})

describe('on a data folder', () => {
  let kontor: Kontor

  beforeAll(async () => {
    kontor = await startKontor({ dataDir })
  })
  afterAll(() => kontor.stop())

  describe('beside the server that has it', () => {
    test('a user is created, with a password that is printed alone, and can log in at once', async () => {
      const { code, stdout, stderr } = await operator.kontor(['user', 'create', 'alice', '--email', 'a@example.com'])
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: 'created the user alice; the password is shown this once\n',
      })
      expect(stdout).toMatch(/^[\w-]{20}\n$/)
      expect(await whoIs(kontor, 'alice', stdout.trim())).toBe('alice')
    })

    test('a password from standard input is not printed', async () => {
      const command = ['user', 'create', 'bob', '--admin', '--password-stdin']
      expect(await operator.kontor(command, { input: "bob's own one\n" })).toEqual({
        code: 0,
        stdout: 'bob\n',
        stderr: 'created the administrator bob\n',
      })
      expect(await whoIs(kontor, 'bob', "bob's own one")).toBe('bob')
    })

    test('a password is reset, and the old one is good for nothing', async () => {
      const reset = await operator.kontor(['user', 'reset-password', 'bob', '--password-stdin'], {
        input: 'another one of his',
      })
      expect(reset).toEqual({ code: 0, stdout: 'bob\n', stderr: 'bob has a new password\n' })
      expect(await whoIs(kontor, 'bob', "bob's own one")).toBe(401)
      expect(await whoIs(kontor, 'bob', 'another one of his')).toBe('bob')
    })

    test('who is disabled is let in no more, and again once enabled', async () => {
      expect((await operator.kontor(['user', 'disable', 'bob'])).stdout).toBe('bob\n')
      expect(await whoIs(kontor, 'bob', 'another one of his')).toBe(401)
      expect(await operator.kontor(['user', 'disable', 'bob'])).toEqual({
        code: 0,
        stdout: '',
        stderr: 'bob is disabled already\n',
      })
      expect((await operator.kontor(['user', 'enable', 'bob'])).stdout).toBe('bob\n')
      expect(await whoIs(kontor, 'bob', 'another one of his')).toBe('bob')
    })

    test('what was changed stands in the audit trail, made by the system', async () => {
      expect(await auditTrail(kontor)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            action: 'account.updated',
            object: 'bob',
            actor: { name: 'kontor', credential: 'system', address: '' },
            detail: { disabled: true },
          }),
        ]),
      )
    })

    test('the only administrator cannot be disabled', async () => {
      expect((await operator.kontor(['user', 'disable', 'bob'])).code).toBe(0)
      expect(await operator.kontor(['user', 'disable', 'admin'])).toEqual({
        code: 6,
        stdout: '',
        stderr: 'error: admin is the only administrator; make another one first: kontor user create <name> --admin\n',
      })
    })
  })

  test.each([
    { args: ['create', 'alice'], code: 6, stderr: /the name alice is taken/ },
    { args: ['create', 'alice', '--dry-run'], code: 6, stderr: /the name alice is taken/ },
    { args: ['create', 'Alice'], code: 2, stderr: /"Alice": a name has lower-case letters/ },
    { args: ['create', 'root'], code: 2, stderr: /"root": this name is reserved/ },
    { args: ['create', 'carl', '--email', 'carl'], code: 2, stderr: /"carl" is no e-mail address/ },
    { args: ['create', 'carl', '--password-stdin'], code: 2, stderr: /a password has at least 8 characters/ },
    { args: ['disable', 'carl'], code: 3, stderr: /there is no user carl; try: kontor user ls/ },
    { args: ['reset-password', 'library'], code: 3, stderr: /there is no user library/ },
    { args: ['creat', 'carl'], code: 2, stderr: /unknown command 'creat'; did you mean create\?\n/ },
    { args: ['ls', '--data-dri', 'x'], code: 2, stderr: /unknown option '--data-dri'; did you mean --data-dir\?\n/ },
  ])('kontor user $args ends with $code', async ({ args, code, stderr }) => {
    const result = await operator.kontor(['user', ...args], { input: 'short\n' })
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toMatch(stderr)
  })

  test('a dry run says what would be done, and does nothing', async () => {
    const dry = (stderr: string) => ({ code: 0, stdout: '', stderr })
    expect(await operator.kontor(['user', 'create', 'carl', '--dry-run'])).toEqual(dry('would create the user carl\n'))
    expect(await operator.kontor(['user', 'disable', 'alice', '--dry-run'])).toEqual(dry('would disable alice\n'))
    const reset = await operator.kontor(['user', 'reset-password', 'alice', '--dry-run'])
    expect(reset).toEqual(dry('would give alice a new password\n'))
    expect((await operator.kontor(['user', 'ls', '-q', '-f', 'disabled=false'])).stdout).toBe('admin\nalice\n')
  })

  test('the users are listed like every list', async () => {
    const { stdout } = await operator.kontor(['user', 'ls', '--format', '{{.username}} {{.role}} {{.disabled}}'])
    expect(stdout).toBe('admin admin false\nalice none false\nbob admin true\n')
    const rows = JSON.parse((await operator.kontor(['user', 'ls', '--format', 'json', '-f', 'username=alice'])).stdout)
    expect(rows).toEqual([
      {
        username: 'alice',
        displayName: null,
        email: 'a@example.com',
        role: 'none',
        disabled: false,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    ])
  })
})

test('without a server the folder is changed just the same, and the next server knows of it', async () => {
  const { stdout } = await operator.kontor(['user', 'reset-password', 'admin'])
  const kontor = await startKontor({ dataDir })
  try {
    expect(await whoIs(kontor, 'admin', stdout.trim())).toBe('admin')
    expect(await whoIs(kontor, 'admin', kontor.password)).toBe(401)
  } finally {
    await kontor.stop()
  }
})
