import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'
import { runMeddledWith } from '../support/meddler.ts'

let server: Kontor
let admin: CliUser

beforeAll(async () => {
  server = await startKontor()
  await createUsers(server, 'bob')
  await askApi(server, 'POST', '/organizations', { name: 'acme' })
  await askApi(server, 'POST', '/organizations/acme/teams', { name: 'web' })
  admin = await createLoggedIn(server)
})
afterAll(async () => {
  await server.stop()
  await admin.leave()
})

function kontor(...words: readonly string[]) {
  return admin.kontor(['grant', ...words])
}

function grants(): Promise<string> {
  const format = '{{.Subject.Type}} {{.Subject.Name}} {{.Permission}} {{.Repositories}}'
  return kontor('ls', 'acme', '--format', format).then(({ stdout }) => stdout)
}

describe('kontor grant', () => {
  test('gives a permission on a pattern within the organization, whose name may be left out', async () => {
    expect(await kontor('add', 'acme', 'web-*', 'push', '--team', 'web')).toEqual({
      code: 0,
      stdout: '1\n',
      stderr: 'the team web holds push on acme/web-*\n',
    })
    expect(await kontor('add', 'acme', 'acme/docs', 'pull', '--user', 'bob')).toMatchObject({ code: 0, stdout: '2\n' })
    expect(await grants()).toBe('team web push acme/web-*\nuser bob pull acme/docs\n')
  })

  test('gives robots more, by either of their names', async () => {
    const scopes = [{ repositories: 'acme/ci', permission: 'push' }]
    await askApi(server, 'POST', '/organizations/acme/robots', { name: 'ci', scopes })
    expect((await kontor('add', 'acme', 'base', 'pull', '--robot', 'acme+ci')).code).toBe(0)
    const { stdout } = await kontor('ls', 'acme', '--robot', 'ci', '--format', '{{.Repositories}}')
    expect(stdout).toBe('acme/ci\nacme/base\n')
  })

  test('lists what one of them was given, in columns apart by tabs', async () => {
    const { stdout } = await kontor('ls', 'acme', '--user', 'bob')
    expect(stdout).toMatch(/^2\tuser\tbob\tpull\tacme\/docs\t\d{4}-\d\d-\d\dT[\d:.]+Z\n$/)
  })

  test('wants exactly one user, team or robot', async () => {
    const hint = '; give one of --user, --team and --robot\n'
    expect(await kontor('add', 'acme', 'x', 'push')).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: nobody is named to grant this to${hint}`,
    })
    expect(await kontor('add', 'acme', 'x', 'push', '--user', 'bob', '--team', 'web')).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: a grant is for one user, team or robot${hint}`,
    })
  })

  test('suggests the permission that was meant', async () => {
    const { code, stderr } = await kontor('add', 'acme', 'x', 'pusher', '--user', 'bob')
    expect(code).toBe(2)
    expect(stderr).toBe(
      'error: there is no permission "pusher"; did you mean push? There are pull, push, maintain, admin\n',
    )
    expect((await kontor('edit', 'acme', '1', 'write')).stderr).toBe(
      'error: there is no permission "write"; use one of pull, push, maintain, admin\n',
    )
  })

  test('never changes by adding what is granted on the same pattern', async () => {
    expect(await kontor('add', 'acme', 'web-*', 'pull', '--team', 'web')).toEqual({
      code: 6,
      stdout: '',
      stderr: 'error: the team web holds push on acme/web-* already; to change that: kontor grant edit acme 1 pull\n',
    })
    expect(await kontor('add', 'acme', 'web-*', 'push', '--team', 'web')).toMatchObject({ code: 0, stdout: '1\n' })
  })

  test('changes a permission', async () => {
    expect(await kontor('edit', 'acme', '1', 'maintain')).toEqual({
      code: 0,
      stdout: '1\n',
      stderr: 'the team web holds maintain on acme/web-*\n',
    })
  })

  test('leaves the permission that somebody else gave in between', async () => {
    const edit = ['grant', 'edit', 'acme', '1', 'admin']
    const { code, stdout, stderr } = await runMeddledWith(server, admin, edit, () =>
      askApi(server, 'PATCH', '/organizations/acme/grants/1', { permission: 'pull' }),
    )
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
    expect(stderr).toMatch(/^error: .*PRECONDITION_FAILED.*; look again: kontor grant ls acme\n$/)
    expect(await grants()).toContain('team web pull acme/web-*\n')
  })

  test('changes nothing with --dry-run', async () => {
    const before = await grants()
    expect((await kontor('add', 'acme', '**', 'admin', '--user', 'bob', '--dry-run')).stderr).toBe(
      'would grant that the user bob holds admin on acme/**\n',
    )
    await kontor('edit', 'acme', '1', 'pull', '--dry-run')
    await kontor('rm', 'acme', '1', '--dry-run')
    expect(await grants()).toBe(before)
  })

  test('says who or what is not there', async () => {
    const nobody = await kontor('add', 'acme', 'x', 'pull', '--user', 'dora')
    expect(nobody.code).toBe(3)
    const noTeam = await kontor('add', 'acme', 'x', 'pull', '--team', 'nope')
    expect(noTeam.code).toBe(3)
    expect(noTeam.stderr).toContain('; try: kontor team ls acme\n')
    expect(await kontor('edit', 'acme', '77', 'pull')).toMatchObject({ code: 3 })
    expect(await kontor('add', 'acme', 'No Name', 'pull', '--user', 'bob')).toMatchObject({ code: 2 })
  })

  test('takes back when told twice', async () => {
    expect((await kontor('rm', 'acme', '1')).code).toBe(2)
    expect(await kontor('rm', 'acme', '1', '99', '--yes')).toMatchObject({ code: 3, stdout: '' })
    expect(await kontor('rm', 'acme', '1', '2', '--yes')).toMatchObject({ code: 0, stdout: '1\n2\n' })
    expect(await grants()).not.toContain('bob')
  })
})
