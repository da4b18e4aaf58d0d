import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'

let dataDir: string
let server: Kontor
let admin: CliUser
let bob: CliUser

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kontor-audit-'))
  server = await startKontor({ dataDir })
  await createUsers(server, 'bob')
  await askApi(server, 'POST', '/organizations', { name: 'acme' })
  await askApi(server, 'PUT', '/organizations/acme/members/bob', { role: 'member' })
  for (const name of ['web', 'ops']) await askApi(server, 'POST', '/organizations/acme/teams', { name })
  admin = await createLoggedIn(server)
  bob = await createLoggedIn(server, 'bob')
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, bob]) await user.leave()
  await rm(dataDir, { recursive: true })
})

const OBJECT = ['--format', '{{.Action}} {{.Object}}']

function createTeam(name: string): Promise<unknown> {
  return askApi(server, 'POST', '/organizations/acme/teams', { name })
}

describe('kontor audit', () => {
  test('shows what concerns an organization, the newest first, or all of the registry', async () => {
    expect((await admin.kontor(['audit', 'acme', ...OBJECT])).stdout).toBe(
      'team.created acme/teams/ops\n' +
        'team.created acme/teams/web\n' +
        'member.added acme/members/bob\n' +
        'member.added acme/members/admin\n' +
        'account.created acme\n',
    )
    expect((await admin.kontor(['audit', '--all', ...OBJECT])).stdout).toContain('account.created bob\n')
  })

  test('has columns apart by tabs in a pipe', async () => {
    const { stdout } = await admin.kontor(['audit', 'acme', '--limit', '1'])
    expect(stdout).toMatch(/^\S+Z\tadmin\tteam\.created\tacme\/teams\/ops\tdone\t127\.0\.0\.1\tpassword\n$/)
  })

  test('narrows by every filter of the API', async () => {
    const find = async (...flags: string[]) => (await admin.kontor(['audit', 'acme', ...flags, ...OBJECT])).stdout
    expect(await find('--action', 'account.created')).toBe('account.created acme\n')
    expect(await find('--object', 'acme/teams/web')).toBe('team.created acme/teams/web\n')
    expect(await find('--actor', 'bob')).toBe('')
    expect(await find('--outcome', 'refused')).toBe('')
    expect(await find('--since', '1h', '--limit', '1')).toBe('team.created acme/teams/ops\n')
    expect(await find('--until', '1h')).toBe('')
    expect(await find('--since', '2020-01-01', '--until', '2020-01-02T00:00:00Z')).toBe('')
  })

  test('prints what the API answers, unchanged, as JSON lines', async () => {
    const { stdout } = await admin.kontor(['audit', 'acme', '--limit', '2', '--format', 'jsonl'])
    const { items } = (await askApi(server, 'GET', '/organizations/acme/audit?limit=2')) as { items: unknown[] }
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual(items)
  })

  test('suggests what was meant', async () => {
    expect(await admin.kontor(['audit', '--action', 'team.create'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: there is no action "team.create"; did you mean team.created?\n',
    })
    expect((await admin.kontor(['audit', '--outcome', 'refuse'])).stderr).toContain('did you mean refused?')
    expect((await admin.kontor(['audit', '--since', 'yesterday'])).code).toBe(2)
    expect((await admin.kontor(['audit', '--since', '1h', '--until', '2h'])).code).toBe(2)
  })

  test('is for owners and auditors', async () => {
    expect((await bob.kontor(['audit', 'acme'])).code).toBe(5)
    const all = await bob.kontor(['audit'])
    expect(all.code).toBe(5)
    expect(all.stderr).toContain('; try: kontor audit <organization>\n')
    expect((await admin.kontor(['audit', 'nowhere'])).code).toBe(3)
  })
})

describe('kontor audit --follow', () => {
  test('prints each new event once, in their order, whatever becomes of the server meanwhile', async () => {
    const follow = ['audit', 'acme', '--follow', '--action', 'team.created', '--limit', '1', '--format', '{{.Object}}']
    const command = admin.start(follow)
    await expect.poll(() => command.written.stdout).toBe('acme/teams/ops\n')

    await createTeam('one')
    await createTeam('two')
    await expect.poll(() => command.written.stdout).toBe('acme/teams/ops\nacme/teams/one\nacme/teams/two\n')

    const port = new URL(server.url).port
    await createTeam('three')
    await server.kill()
    await expect.poll(() => command.written.stderr).toContain('trying again every 2 s')
    server = await startKontor({ dataDir, env: { KONTOR_HTTP__PORT: port } })
    await createTeam('four')
    const all = ['ops', 'one', 'two', 'three', 'four'].map((name) => `acme/teams/${name}\n`).join('')
    await expect.poll(() => command.written.stdout).toBe(all)
    expect(command.written.stderr).toContain(`${server.host} is back\n`)

    command.interrupt()
    const { code, stdout } = await command.ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: all })
  })

  test('prints more new events than one page has', async () => {
    const command = admin.start(['audit', 'acme', '--follow', '--action', 'team_member.added', '-q'])
    await askApi(server, 'PUT', '/organizations/acme/teams/web/members/bob')
    await expect.poll(() => command.written.stdout).toMatch(/^\d+\n$/)
    for (let count = 0; count < 120; count += 1) {
      await askApi(server, 'DELETE', '/organizations/acme/teams/web/members/bob')
      await askApi(server, 'PUT', '/organizations/acme/teams/web/members/bob')
    }
    await expect.poll(() => command.written.stdout.trim().split('\n')).toHaveLength(121)
    const ids = command.written.stdout.trim().split('\n').map(Number)
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other))
    command.interrupt()
    expect((await command.ended).code).toBe(130)
  })

  test('takes nothing that needs an end', async () => {
    for (const flags of [
      ['--sort', 'at'],
      ['--format', 'json'],
      ['--until', '1h'],
      ['--export', 'x.csv'],
    ]) {
      expect((await admin.kontor(['audit', 'acme', '--follow', ...flags])).code).toBe(2)
    }
  })
})
