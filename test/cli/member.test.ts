import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'
import { runMeddledWith } from '../support/meddler.ts'

let server: Kontor
let admin: CliUser
let bob: CliUser

beforeAll(async () => {
  server = await startKontor()
  await createUsers(server, 'alice', 'bob', 'carol')
  await askApi(server, 'POST', '/organizations', { name: 'acme', displayName: 'Acme' })
  admin = await createLoggedIn(server)
  bob = await createLoggedIn(server, 'bob')
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, bob]) await user.leave()
})

function roles(): Promise<string> {
  return admin.kontor(['member', 'ls', 'acme', '--format', '{{.Username}} {{.Role}}']).then(({ stdout }) => stdout)
}

describe('kontor member', () => {
  test('adds several at once, as plain members unless told', async () => {
    expect(await admin.kontor(['member', 'add', 'acme', 'alice', '--role', 'manager'])).toEqual({
      code: 0,
      stdout: 'alice\n',
      stderr: '',
    })
    expect((await admin.kontor(['member', 'add', 'acme', 'bob', 'carol'])).stdout).toBe('bob\ncarol\n')
    expect(await roles()).toBe('admin owner\nalice manager\nbob member\ncarol member\n')
  })

  test('lists columns apart by tabs in a pipe', async () => {
    const { stdout } = await admin.kontor(['member', 'ls', 'acme', '--limit', '1'])
    expect(stdout).toMatch(/^admin\towner\t\t\d{4}-\d\d-\d\dT[\d:.]+Z\n$/)
  })

  test('never changes a role by adding', async () => {
    const again = await admin.kontor(['member', 'add', 'acme', 'alice'])
    expect(again).toEqual({
      code: 6,
      stdout: '',
      stderr: 'error: alice is manager of acme already; to change that: kontor member role acme alice member\n',
    })
    const same = await admin.kontor(['member', 'add', 'acme', 'alice', '--role', 'manager'])
    expect(same).toEqual({ code: 0, stdout: '', stderr: 'alice is manager of acme already\n' })
  })

  test('changes a role, of members only', async () => {
    expect(await admin.kontor(['member', 'role', 'acme', 'bob', 'auditor'])).toMatchObject({ code: 0, stdout: 'bob\n' })
    expect(await roles()).toContain('bob auditor\n')
    const nobody = await admin.kontor(['member', 'role', 'acme', 'dora', 'member'])
    expect(nobody).toMatchObject({ code: 3, stdout: '' })
    expect(nobody.stderr).toContain('; try: kontor member add acme dora --role member\n')
  })

  test('leaves the role that somebody else gave in between, and adds nobody again', async () => {
    const member = '/organizations/acme/members/carol'
    const run = (meddle: () => Promise<unknown>) =>
      runMeddledWith(server, admin, ['member', 'role', 'acme', 'carol', 'owner'], meddle)
    const results = [
      await run(() => askApi(server, 'PUT', member, { role: 'auditor' })),
      await run(() => askApi(server, 'DELETE', member)),
    ]
    for (const { code, stdout, stderr } of results) {
      expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
      expect(stderr).toMatch(/^error: .*PRECONDITION_FAILED.*; look again: kontor member ls acme\n$/)
    }
    expect(await roles()).not.toContain('carol')
    await askApi(server, 'PUT', member, { role: 'member' })
  })

  test('suggests the role that was meant', async () => {
    const { code, stderr } = await admin.kontor(['member', 'role', 'acme', 'bob', 'onwer'])
    expect(code).toBe(2)
    expect(stderr).toBe(
      'error: there is no role "onwer"; did you mean owner? There are owner, manager, member, auditor\n',
    )
  })

  test('lets the last owner neither go nor become less', async () => {
    const less = await admin.kontor(['member', 'role', 'acme', 'admin', 'member'])
    const gone = await admin.kontor(['member', 'rm', 'acme', 'admin', '--yes'])
    for (const { code, stderr } of [less, gone]) {
      expect(code).toBe(6)
      expect(stderr).toMatch(/^error: admin is the only owner of acme; .*LAST_OWNER.*; try: kontor member role acme/)
    }
  })

  test('changes nothing with --dry-run', async () => {
    const before = await roles()
    expect(await admin.kontor(['member', 'role', 'acme', 'carol', 'owner', '--dry-run'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'would make carol owner of acme, now member\n',
    })
    expect((await admin.kontor(['member', 'rm', 'acme', 'carol', '--dry-run'])).stderr).toBe(
      'would remove carol from acme\n',
    )
    expect((await admin.kontor(['member', 'add', 'acme', 'dora', '--dry-run'])).stderr).toBe(
      'would add dora to acme as member\n',
    )
    await admin.kontor(['member', 'invite', 'acme', '--dry-run'])
    expect(await roles()).toBe(before)
    expect((await admin.kontor(['member', 'invitations', 'acme'])).stdout).toBe('')
  })

  test('removes when told twice, and lets members leave', async () => {
    expect(await admin.kontor(['member', 'rm', 'acme', 'carol'])).toMatchObject({ code: 2, stdout: '' })
    expect(await admin.kontor(['member', 'rm', 'acme', 'carol', '--yes'])).toMatchObject({ code: 0, stdout: 'carol\n' })
    expect(await bob.kontor(['member', 'rm', 'acme', 'alice', '--yes'])).toMatchObject({ code: 5, stdout: '' })
    expect(await bob.kontor(['member', 'rm', 'acme', 'bob', '--yes'])).toMatchObject({ code: 0, stdout: 'bob\n' })
    expect(await roles()).toBe('admin owner\nalice manager\n')
  })

  test('points to an invitation for who has no account', async () => {
    const { code, stderr } = await admin.kontor(['member', 'add', 'acme', 'dora', '--role', 'auditor'])
    expect(code).toBe(3)
    expect(stderr).toContain('; try: kontor member invite acme --role auditor\n')
  })
})

describe('kontor member invite', () => {
  test('prints the link alone, which makes one person a member', async () => {
    const { code, stdout, stderr } = await admin.kontor([
      'member',
      'invite',
      'acme',
      '--note',
      'for Carol',
      '--expires',
      '3d',
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/invitation\?token=kontor_inv_\w+\n$/)
    expect(stderr).toContain('whoever has this link first becomes member of acme; it ends in 3 days')
    const token = new URL(stdout.trim()).searchParams.get('token')
    await askApi(server, 'POST', '/invitations/accept', { token }, 'carol')
    expect(await roles()).toContain('carol member\n')
  })

  test('lists what is open, and withdraws it', async () => {
    await admin.kontor(['member', 'invite', 'acme', '--role', 'manager', '--note', 'for Dora'])
    const { stdout } = await admin.kontor(['member', 'invitations', 'acme', '--format', '{{.Id}} {{.Role}} {{.Note}}'])
    const [, id = ''] = /^(\d+) manager for Dora\n$/.exec(stdout) ?? []
    expect(await admin.kontor(['member', 'uninvite', 'acme', id, '99'])).toMatchObject({ code: 3, stdout: '' })
    expect(await admin.kontor(['member', 'uninvite', 'acme', id])).toMatchObject({ code: 0, stdout: `${id}\n` })
    expect((await admin.kontor(['member', 'invitations', 'acme'])).stdout).toBe('')
  })

  test('takes only times that there are', async () => {
    expect((await admin.kontor(['member', 'invite', 'acme', '--expires', 'tomorrow'])).code).toBe(2)
    expect((await admin.kontor(['member', 'invite', 'acme', '--expires', '400d'])).code).toBe(2)
  })
})
