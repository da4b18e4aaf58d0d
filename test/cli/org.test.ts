import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'
import { runMeddledWith } from '../support/meddler.ts'

let server: Kontor
let admin: CliUser
let alice: CliUser

beforeAll(async () => {
  server = await startKontor()
  await createUsers(server, 'alice')
  admin = await createLoggedIn(server)
  alice = await createLoggedIn(server, 'alice')
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, alice]) await user.leave()
})

/** Without times, which change. */
function scrub(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>').replace(/request [\w-]+/g, 'request <id>')
}

describe('kontor org', () => {
  test('creates an organization with its settings, which its owner then sees', async () => {
    const settings = ['--display-name', 'Acme Corp', '--base-permission', 'none', '--default-visibility', 'public']
    expect(await alice.kontor(['org', 'create', 'acme', ...settings])).toEqual({
      code: 0,
      stdout: 'acme\n',
      stderr: 'you own it; kontor member add acme <user> adds others\n',
    })
    expect(scrub((await alice.kontor(['org', 'ls'])).stdout)).toBe('acme\tAcme Corp\tnone\tpublic\t<time>\n')
    expect(scrub((await alice.kontor(['org', 'view', 'acme'])).stdout)).toBe(
      'acme\tAcme Corp\tnone\tpublic\t<time>\towner\n',
    )
  })

  test('shows what the API answers, unchanged', async () => {
    const { stdout } = await alice.kontor(['org', 'view', 'acme', '--format', 'json'])
    expect(JSON.parse(stdout)).toEqual(await askApi(server, 'GET', '/organizations/acme', undefined, 'alice'))
  })

  test('changes only what is said', async () => {
    expect(await alice.kontor(['org', 'edit', 'acme', '--base-permission', 'push', '--display-name', ''])).toEqual({
      code: 0,
      stdout: 'acme\n',
      stderr: '',
    })
    expect(scrub((await alice.kontor(['org', 'view', 'acme'])).stdout)).toBe('acme\t\tpush\tpublic\t<time>\towner\n')
  })

  test('refuses to change nothing, and words that are near one', async () => {
    expect(await alice.kontor(['org', 'edit', 'acme'])).toMatchObject({ code: 2, stdout: '' })
    const near = await alice.kontor(['org', 'edit', 'acme', '--base-permission', 'pul'])
    expect(near).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: there is no base permission "pul"; did you mean pull? There are none, pull, push\n',
    })
  })

  test('says what it would do, and does nothing, with --dry-run', async () => {
    const dry = await alice.kontor(['org', 'edit', 'acme', '--default-visibility', 'private', '--dry-run'])
    expect(dry).toEqual({
      code: 0,
      stdout: '',
      stderr: 'would change defaultVisibility of acme from public to private\n',
    })
    await alice.kontor(['org', 'mv', 'acme', 'other', '--dry-run'])
    await alice.kontor(['org', 'rm', 'acme', '--dry-run'])
    await alice.kontor(['org', 'create', 'other', '--dry-run'])
    expect((await alice.kontor(['org', 'ls', '-q'])).stdout).toBe('acme\n')
  })

  test('renames, and finds it by the old name as well', async () => {
    await alice.kontor(['org', 'create', 'globex'])
    expect(await alice.kontor(['org', 'mv', 'globex', 'globex-corp'])).toMatchObject({
      code: 0,
      stdout: 'globex-corp\n',
    })
    expect((await alice.kontor(['org', 'view', 'globex', '--format', '{{.Name}}'])).stdout).toBe('globex-corp\n')
  })

  test('deletes nothing unasked where nobody can be asked', async () => {
    expect(await alice.kontor(['org', 'rm', 'globex-corp'])).toMatchObject({ code: 2, stdout: '' })
    expect(await alice.kontor(['org', 'rm', 'globex-corp', '--yes'])).toEqual({
      code: 0,
      stdout: 'globex-corp\n',
      stderr: '',
    })
    expect((await alice.kontor(['org', 'view', 'globex-corp'])).code).toBe(3)
  })

  test('deletes none of several when one is not there', async () => {
    expect(await alice.kontor(['org', 'rm', 'acme', 'nowhere', '--yes'])).toMatchObject({ code: 3, stdout: '' })
    expect((await alice.kontor(['org', 'view', 'acme'])).code).toBe(0)
  })

  test('keeps an organization that has repositories, with the words of the API', async () => {
    const upload = await fetch(`${server.url}/v2/acme/web/blobs/uploads/?digest=sha256:${EMPTY}`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`alice:${server.password}`).toString('base64')}` },
      body: '',
    })
    expect(upload.status).toBe(201)
    const { code, stdout, stderr } = await alice.kontor(['org', 'rm', 'acme', '--yes'])
    expect({ code, stdout, stderr: scrub(stderr) }).toEqual({
      code: 6,
      stdout: '',
      stderr:
        'error: acme still has one repository; delete with DELETE /api/v1/repositories/{repository} what is there first ' +
        '(HAS_REPOSITORIES, request <id>); try: kontor repo ls\n',
    })
  })

  test('tells a taken name (6), what is not there (3), what is forbidden (5), and nobody (4) apart', async () => {
    expect((await admin.kontor(['org', 'create', 'acme'])).code).toBe(6)
    const absent = await alice.kontor(['org', 'view', 'nowhere'])
    expect(absent.code).toBe(3)
    expect(scrub(absent.stderr)).toBe(
      'error: there is no such organization, or you may not see it (NOT_FOUND, request <id>); try: kontor org ls\n',
    )
    await askApi(server, 'POST', '/organizations', { name: 'admins' })
    await askApi(server, 'PUT', '/organizations/admins/members/alice', { role: 'manager' })
    expect((await alice.kontor(['org', 'edit', 'admins', '--base-permission', 'push'])).code).toBe(5)
    const nobody = await alice.kontor(['org', 'ls'], { env: { DOCKER_CONFIG: alice.home } })
    expect(nobody.code).toBe(4)
    expect(nobody.stderr).toContain(`try: kontor login ${server.host}`)
  })

  test.each(['.', '..', ''])('takes %j for no name, whatever the address would then mean', async (name) => {
    expect(await alice.kontor(['org', 'rm', name, '--yes'])).toMatchObject({ code: 2, stdout: '' })
    expect(await alice.kontor(['member', 'rm', 'acme', name, '--yes'])).toMatchObject({ code: 2, stdout: '' })
  })

  test('is refused when somebody else changed it in between', async () => {
    const edit = ['org', 'edit', 'acme', '--display-name', 'Slower']
    const { code, stdout, stderr } = await runMeddledWith(server, admin, edit, () =>
      askApi(server, 'PATCH', '/organizations/acme', { displayName: 'Faster' }),
    )
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
    expect(stderr).toContain('PRECONDITION_FAILED')
    expect(stderr).toContain('; look again: kontor org view acme\n')
    expect((await alice.kontor(['org', 'view', 'acme', '--format', '{{.DisplayName}}'])).stdout).toBe('Faster\n')
  })
})

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
