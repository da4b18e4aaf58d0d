import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'
import { runKontorOnTerminal } from '../support/pseudo-terminal.ts'
import { basic, type Client, pushImage } from '../support/server.ts'

let server: Kontor
let pusher: Client
let admin: CliUser
let bob: CliUser

beforeAll(async () => {
  server = await startKontor()
  await createUsers(server, 'bob')
  for (const name of ['acme', 'listed']) await askApi(server, 'POST', '/organizations', { name })
  await askApi(server, 'PUT', '/organizations/acme/members/bob', { role: 'member' })
  pusher = supertest.agent(server.url).set('Authorization', basic(server.username, server.password))
  admin = await createLoggedIn(server)
  bob = await createLoggedIn(server, 'bob')
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, bob]) await user.leave()
})

async function look(repository: string): Promise<Record<string, unknown>> {
  return JSON.parse((await admin.kontor(['repo', 'view', repository, '--format', 'json'])).stdout)
}

/** The environment of the administrator, for a terminal. */
function terminalEnv(): NodeJS.ProcessEnv {
  const { PATH } = process.env
  return { PATH, HOME: admin.home, DOCKER_CONFIG: admin.dockerConfig, KONTOR_SERVER: server.host }
}

describe('kontor repo ls', () => {
  test('has columns apart by tabs in a pipe', async () => {
    await pushImage(pusher, 'listed/web', { tag: '1' })
    await pushImage(pusher, 'listed/a-rather-long-name-of-a-repository', { tag: '1' })
    await admin.kontor(['repo', 'edit', 'listed/web', '--public', '--description', 'The\u00a0shop'])
    const { stdout, stderr, code } = await admin.kontor(['repo', 'ls', 'listed'])
    expect(stdout.replace(/\d{4}-\S+Z/g, 'TIME')).toBe(
      'listed/a-rather-long-name-of-a-repository\tprivate\tTIME\t0\t0\tactive\t\n' +
        'listed/web\tpublic\tTIME\t0\t0\tactive\tThe\u00a0shop\n',
    )
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect((await bob.kontor(['repo', 'ls', 'listed', '-q'])).stdout).toBe('listed/web\n')
    expect((await admin.kontor(['repo', 'ls', 'list', '-q'])).stdout).toBe('')
  })

  test('does not wrap in a narrow window: what does not fit is left out', async () => {
    for (const columns of [20, 40, 60]) {
      const { shown } = await runKontorOnTerminal(['repo', 'ls', 'listed'], { env: terminalEnv(), columns })
      const lines = shown.trimEnd().split('\n')
      expect(lines).toHaveLength(3)
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
      expect(lines[0]).toMatch(/^NAME/)
    }
  })

  test('has those with a star of mine, which I can take back', async () => {
    expect(await bob.kontor(['repo', 'star', 'listed/web'])).toEqual({ code: 0, stdout: 'listed/web\n', stderr: '' })
    expect((await bob.kontor(['repo', 'ls', '--starred', '--format', '{{.Name}} {{.Stars}}'])).stdout).toBe(
      'listed/web 1\n',
    )
    expect((await bob.kontor(['repo', 'unstar', 'listed/web'])).stdout).toBe('listed/web\n')
    expect((await bob.kontor(['repo', 'ls', '--starred', '-q'])).stdout).toBe('')
    expect((await bob.kontor(['repo', 'star', 'acme/absent'])).code).toBe(3)
  })
})

describe('kontor repo create', () => {
  test('makes a repository before its first push', async () => {
    const dry = await admin.kontor(['repo', 'create', 'acme/made', '--dry-run'])
    expect(dry).toEqual({ code: 0, stdout: '', stderr: 'would create acme/made\n' })
    const made = await admin.kontor(['repo', 'create', 'acme/made', '--public', '--description', 'The shop'])
    expect(made).toEqual({
      code: 0,
      stdout: 'acme/made\n',
      stderr: `it is in lists once there is something in it: docker push ${server.host}/acme/made:<tag>\n`,
    })
    expect(await look('acme/made')).toMatchObject({ visibility: 'public', description: 'The shop', pushedAt: null })
    for (const flags of [[], ['--dry-run']]) {
      expect((await admin.kontor(['repo', 'create', 'acme/made', ...flags])).code).toBe(6)
    }
  })

  test('is refused where one may not push, and for two visibilities at once', async () => {
    const refused = await bob.kontor(['repo', 'create', 'listed/bobs'])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toMatch(/^error: there is no namespace for listed\/bobs that you may push to \(NOT_FOUND, /)
    expect((await bob.kontor(['repo', 'create', 'bob/mine'])).stdout).toBe('bob/mine\n')
    expect((await bob.kontor(['repo', 'create', 'bob/both', '--public', '--private'])).code).toBe(2)
  })
})

describe('kontor repo view', () => {
  test('tells scripts what it is, and how much', async () => {
    await pushImage(pusher, 'acme/viewed', { tag: '1' })
    const { stdout } = await admin.kontor(['repo', 'view', 'acme/viewed'])
    expect(stdout.replace(/\d{4}-\S+Z/g, 'TIME')).toBe(
      'acme/viewed\t\tprivate\tactive\t\t\t457\tTIME\tTIME\t0\t0\tadmin\n',
    )
    const { stdout: json } = await bob.kontor(['repo', 'view', 'acme/viewed', '--format', 'jsonl'])
    expect(JSON.parse(json)).toEqual(await askApi(server, 'GET', '/repositories/acme%2Fviewed', undefined, 'bob'))
    expect((await admin.kontor(['repo', 'view', 'acme/viewed', '--format', '{{.Name}}:{{.Visibility}}'])).stdout).toBe(
      'acme/viewed:private\n',
    )
  })

  test('shows people the latest tags and the README too, whatever is written there', async () => {
    const readme = '# The shop\n\n\u202eevil\n'
    await askApi(server, 'PATCH', '/repositories/acme%2Fviewed', { readme })
    const { shown } = await runKontorOnTerminal(['repo', 'view', 'acme/viewed'], { env: terminalEnv() })
    expect(shown.replace(/ +$/gm, '').replace(/[\da-f]{12}/, 'DIGEST')).toBe(`\
NAME         acme/viewed
VISIBILITY   private
STATE        active
SIZE         457B, of which 393B are in no other repository
PUSHED       just now
CREATED      just now
PULLS        0
STARS        0
YOU MAY      admin

TAG   DIGEST         PLATFORMS     SIZE   PUSHED     BY      PULLS
1     DIGEST   linux/amd64   457B   just now   admin       0

# The shop

 evil
`)
    expect((await admin.kontor(['repo', 'view', 'acme/viewed', '--readme'])).stdout).toBe(readme)
  })

  test('says that there is none that one may see', async () => {
    const { code, stderr } = await bob.kontor(['repo', 'view', 'listed/a-rather-long-name-of-a-repository'])
    expect(code).toBe(3)
    expect(stderr).toMatch(/there is no repository listed\/\S+ that you may see \(NOT_FOUND, .*try: kontor repo ls, or/)
  })
})

describe('kontor repo edit', () => {
  test('changes what is said, and nothing else', async () => {
    await admin.kontor(['repo', 'create', 'acme/edited', '--description', 'before'])
    const file = join(admin.home, 'README.md')
    await writeFile(file, '# Edited\n')
    const edit = (...flags: string[]) => admin.kontor(['repo', 'edit', 'acme/edited', ...flags])
    const flags = [
      '--readme',
      file,
      '--label',
      'team=web',
      '--label',
      'tier=1=one',
      '--deprecate',
      '--successor',
      'acme/b',
    ]
    const dry = await edit('--dry-run', ...flags)
    expect(dry.stderr).toBe(
      'would set readme of acme/edited to 9 bytes\n' +
        'would set labels of acme/edited to {"team":"web","tier":"1=one"}\n' +
        'would set state of acme/edited to "deprecated"\n' +
        'would set successor of acme/edited to "acme/b"\n',
    )
    expect(await look('acme/edited')).toMatchObject({ readme: '', state: 'active' })
    expect(await edit(...flags)).toEqual({ code: 0, stdout: 'acme/edited\n', stderr: '' })
    expect(await look('acme/edited')).toMatchObject({
      description: 'before',
      readme: '# Edited\n',
      labels: { team: 'web', tier: '1=one' },
      state: 'deprecated',
      successor: 'acme/b',
      visibility: 'private',
    })
    await edit('--no-successor', '--remove-label', 'team', '--description', '', '--archive')
    expect(await look('acme/edited')).toMatchObject({
      description: '',
      labels: { tier: '1=one' },
      state: 'archived',
      successor: null,
    })
    await edit('--activate', '--public')
    expect(await look('acme/edited')).toMatchObject({ state: 'active', visibility: 'public' })
  })

  test('reads a README from standard input', async () => {
    await admin.kontor(['repo', 'create', 'acme/piped'])
    await admin.kontor(['repo', 'edit', 'acme/piped', '--readme', '-'], { input: 'from a pipe\n' })
    expect((await look('acme/piped'))['readme']).toBe('from a pipe\n')
  })

  test.each([
    [[], 2, 'there is nothing to change'],
    [['--archive', '--activate'], 2, 'cannot be used with'],
    [['--label', 'team'], 2, '--label team has no value'],
    [['--readme', '/nowhere/README.md'], 2, '/nowhere/README.md cannot be read'],
    [['--description', 'two\nlines'], 2, 'must be one line'],
    [['--successor', 'acme/other'], 2, 'is active'],
  ] as const)('refuses %j', async (flags, exitCode, words) => {
    await pushImage(pusher, 'acme/strict', { tag: '1' })
    const { code, stdout, stderr } = await admin.kontor(['repo', 'edit', 'acme/strict', ...flags])
    expect(stderr).toContain(words)
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
  })

  test('is refused to who may only pull', async () => {
    const { code, stderr } = await bob.kontor(['repo', 'edit', 'acme/strict', '--description', 'x'])
    expect(code).toBe(5)
    expect(stderr).toContain('this takes the permission maintain on acme/strict')
  })
})

describe('kontor repo mv and rm', () => {
  test('rename within the namespace, and the old name leads there', async () => {
    await pushImage(pusher, 'acme/before', { tag: '1' })
    const dry = await admin.kontor(['repo', 'mv', '--dry-run', 'acme/before', 'after'])
    expect(dry.stderr).toBe('would rename acme/before to acme/after\n')
    expect(await admin.kontor(['repo', 'mv', 'acme/before', 'after'])).toEqual({
      code: 0,
      stdout: 'acme/after\n',
      stderr: 'it goes on answering as acme/before too\n',
    })
    expect((await look('acme/before'))['name']).toBe('acme/after')
    expect((await admin.kontor(['repo', 'mv', 'acme/after', 'listed/after'])).code).toBe(2)
  })

  test('delete nothing by a former name', async () => {
    const { code, stderr } = await admin.kontor(['repo', 'rm', '--yes', 'acme/before'])
    expect(code).toBe(6)
    expect(stderr).toBe('error: acme/before is called acme/after now; to delete it: kontor repo rm acme/after\n')
    expect((await look('acme/after'))['name']).toBe('acme/after')
  })

  test('say what is lost, and ask for the name', async () => {
    await pushImage(pusher, 'acme/lost', { tag: '1' })
    const lost =
      'acme/lost has 1 tag and 457B, of which 393B are in no other repository; what is deleted cannot be brought back'
    const nobody = await admin.kontor(['repo', 'rm', 'acme/lost'])
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toContain(`${lost}\nerror: `)
    const dry = await admin.kontor(['repo', 'rm', 'acme/lost', '--dry-run'])
    expect(dry.stderr).toBe('would delete acme/lost with 1 tag and 457B, of which 393B are in no other repository\n')
    const wrong = await runKontorOnTerminal(['repo', 'rm', 'acme/lost'], {
      env: terminalEnv(),
      columns: 200,
      typed: 'yes',
    })
    expect(wrong.shown).toContain('type acme/lost to delete it: ')
    expect(wrong.shown).toContain('error: nothing was changed')
    expect(wrong.code).toBe(1)
    expect((await look('acme/lost'))['name']).toBe('acme/lost')
    const right = await runKontorOnTerminal(['repo', 'rm', 'acme/lost'], { env: terminalEnv(), typed: 'acme/lost' })
    expect(right.code).toBe(0)
    expect((await admin.kontor(['repo', 'view', 'acme/lost'])).code).toBe(3)
  })

  test('delete all or none of several', async () => {
    for (const name of ['acme/one', 'acme/two']) await pushImage(pusher, name, { tag: '1' })
    expect((await admin.kontor(['repo', 'rm', '--yes', 'acme/one', 'acme/absent'])).code).toBe(3)
    const { stdout, code } = await admin.kontor(['repo', 'rm', '--yes', 'acme/one', 'acme/two'])
    expect({ stdout, code }).toEqual({ stdout: 'acme/one\nacme/two\n', code: 0 })
  })
})

describe('kontor repo access', () => {
  test('explains who may do what, and through what', async () => {
    await pushImage(pusher, 'acme/explained', { tag: '1' })
    const subject = { type: 'user', name: 'bob' }
    const grant = { subject, repositories: 'acme/expl*', permission: 'push' }
    const { id } = (await askApi(server, 'POST', '/organizations/acme/grants', grant)) as { id: number }
    expect((await admin.kontor(['repo', 'access', 'acme/explained'])).stdout).toBe(
      'instance-role\tadmin\tadmin\tregistry role admin\n' +
        'instance-role\tauditor\tpull\tregistry role auditor\n' +
        'role\towner\tadmin\trole owner\n' +
        'role\tmanager\tadmin\trole manager\n' +
        'role\tmember\tpull\tbase permission\n' +
        'role\tauditor\tpull\trole auditor\n' +
        `user\tbob\tpush\tgrant ${id} on acme/expl*\n`,
    )
    const bobs = `user\tbob\tpull\tbase permission\nuser\tbob\tpush\tgrant ${id} on acme/expl*\n`
    const expected = { code: 0, stdout: bobs, stderr: 'in all, bob may push\n' }
    expect(await bob.kontor(['repo', 'access', 'acme/explained'])).toEqual(expected)
    expect(await admin.kontor(['repo', 'access', 'acme/explained', '--user', 'bob'])).toEqual(expected)
    expect((await bob.kontor(['repo', 'access', 'acme/explained', '--user', 'admin'])).code).toBe(5)
  })
})
