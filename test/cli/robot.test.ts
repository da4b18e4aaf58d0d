import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn } from '../support/logged-in.ts'

const SECRET = /^kontor_robot_[0-9A-Za-z]{46}\n$/

let server: Kontor
let admin: CliUser

beforeAll(async () => {
  server = await startKontor()
  await askApi(server, 'POST', '/organizations', { name: 'acme' })
  admin = await createLoggedIn(server)
})
afterAll(async () => {
  await server.stop()
  await admin.leave()
})

function kontor(...words: readonly string[]) {
  return admin.kontor(['robot', ...words])
}

/** What the registry answers a robot that logs in. */
async function logIn(robot: string, secret: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${robot}:${secret.trim()}`).toString('base64')}`
  return (await fetch(`${server.url}/v2/`, { headers: { Authorization: authorization } })).status
}

describe('kontor robot', () => {
  let first: string

  test('prints the secret of a new robot alone, and says on stderr what to do with it', async () => {
    const scopes = ['--scope', 'web-*:push', '--scope', 'acme/base:pull']
    const { code, stdout, stderr } = await kontor('create', 'acme', 'ci', ...scopes, '--expires', '90d')
    expect(code).toBe(0)
    expect(stdout).toMatch(SECRET)
    expect(stderr).not.toContain(stdout.trim())
    expect(stderr).toBe(
      'acme+ci holds push on acme/web-*, pull on acme/base; this is its secret, which is not shown again\n' +
        `it logs in with: docker login ${server.host} -u acme+ci --password-stdin\n`,
    )
    expect(await logIn('acme+ci', stdout)).toBe(200)
    first = stdout
  })

  test('shows robots, and what they may do', async () => {
    expect((await kontor('ls', 'acme')).stdout).toMatch(/^acme\+ci\tenabled\t\S+Z\t\S+Z\n$/)
    expect((await kontor('view', 'acme', 'acme+ci')).stdout).toMatch(
      /^acme\+ci\tenabled\t\S+Z\t\S+Z\tacme\/web-\*:push,acme\/base:pull\t1\n$/,
    )
    const { stdout } = await kontor('view', 'acme', 'ci', '--format', 'json')
    expect(JSON.parse(stdout)).toEqual(await askApi(server, 'GET', '/organizations/acme/robots/ci'))
  })

  test('is disabled and enabled, and works longer', async () => {
    expect((await kontor('disable', 'acme', 'ci')).stdout).toBe('acme+ci\n')
    expect(await logIn('acme+ci', first)).toBe(401)
    expect((await kontor('ls', 'acme', '--filter', 'state=disabled', '-q')).stdout).toBe('acme+ci\n')
    expect((await kontor('enable', 'acme', 'ci', 'acme+ci')).stdout).toBe('acme+ci\n')
    expect(await logIn('acme+ci', first)).toBe(200)
    expect((await kontor('edit', 'acme', 'ci', '--expires', 'never')).code).toBe(0)
    expect((await kontor('view', 'acme', 'ci', '--format', '{{json .ExpiresAt}}')).stdout).toBe('null\n')
    expect((await kontor('edit', 'acme', 'ci', '--expires', '2020-01-01')).code).toBe(2)
  })

  test('gets a second secret beside the first, and loses the first once the second is in use', async () => {
    const { code, stdout: second, stderr } = await kontor('rotate', 'acme', 'ci')
    expect(code).toBe(0)
    expect(second).toMatch(SECRET)
    expect(stderr).toContain('  3. delete the one before: kontor robot rotate acme ci --finish\n')
    expect(await logIn('acme+ci', first)).toBe(200)

    const third = await kontor('rotate', 'acme', 'ci')
    expect(third).toMatchObject({ code: 6, stdout: '' })
    expect(third.stderr).toContain('; try: kontor robot rotate acme ci --finish\n')

    const early = await kontor('rotate', 'acme', 'ci', '--finish')
    expect(early).toMatchObject({ code: 2, stdout: '' })
    expect(early.stderr).toContain('the new secret has never been used')
    expect(await logIn('acme+ci', first)).toBe(200)

    expect(await logIn('acme+ci', second)).toBe(200)
    expect(await kontor('rotate', 'acme', 'ci', '--finish', '--dry-run')).toMatchObject({ code: 0, stdout: '' })
    expect(await kontor('rotate', 'acme', 'ci', '--finish')).toMatchObject({ code: 0, stdout: 'acme+ci\n' })
    expect(await logIn('acme+ci', first)).toBe(401)
    expect(await logIn('acme+ci', second)).toBe(200)
    expect(await kontor('rotate', 'acme', 'ci', '--finish')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'acme+ci has no second secret; there is nothing to finish\n',
    })
  })

  test('warns when the older secret was used after the new one, and does it with --yes all the same', async () => {
    const scope = ['--scope', '**:pull']
    const { stdout: older } = await kontor('create', 'acme', 'cluster', ...scope)
    const { stdout: newer } = await kontor('rotate', 'acme', 'cluster')
    expect(await logIn('acme+cluster', newer)).toBe(200)
    // The registry remembers a login for a moment and its use by the second: go on until it says so.
    await expect
      .poll(async () => {
        await logIn('acme+cluster', older)
        return (await kontor('rotate', 'acme', 'cluster', '--finish', '--dry-run')).stderr
      })
      .toContain('used last')
    expect((await kontor('rotate', 'acme', 'cluster', '--finish', '--yes')).stdout).toBe('acme+cluster\n')
    expect(await logIn('acme+cluster', older)).toBe(401)
  })

  test('refuses what is no scope, and robots that may do nothing', async () => {
    expect(await kontor('create', 'acme', 'x')).toMatchObject({ code: 2, stdout: '' })
    expect(await kontor('create', 'acme', 'x', '--scope', 'web')).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: "web" is no scope; write it as 'web-*:push': what, and which permission\n`,
    })
    expect((await kontor('create', 'acme', 'x', '--scope', 'web:pul')).stderr).toContain('did you mean pull?')
    expect((await kontor('create', 'acme', 'ci', '--scope', 'web:pull')).code).toBe(6)
    expect((await kontor('view', 'acme', 'x')).stderr).toContain('; try: kontor robot ls acme\n')
  })

  test('changes nothing with --dry-run', async () => {
    const before = (await kontor('ls', 'acme')).stdout
    for (const words of [
      ['create', 'acme', 'x', '--scope', 'web:pull'],
      ['rotate', 'acme', 'ci'],
      ['disable', 'acme', 'ci'],
      ['edit', 'acme', 'ci', '--expires', '2h'],
      ['rm', 'acme', 'ci'],
    ]) {
      const { code, stdout, stderr } = await kontor(...words, '--dry-run')
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
      expect(stderr).toMatch(/^would .*\n$/)
    }
    expect((await kontor('ls', 'acme')).stdout).toBe(before)
  })

  test('is deleted when told twice', async () => {
    expect((await kontor('rm', 'acme', 'ci')).code).toBe(2)
    expect((await kontor('rm', 'acme', 'ci', 'cluster', '--yes')).stdout).toBe('acme+ci\nacme+cluster\n')
    expect((await kontor('ls', 'acme')).stdout).toBe('')
  })
})
