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
  await createUsers(server, 'alice', 'bob', 'carol')
  await askApi(server, 'POST', '/organizations', { name: 'acme' })
  for (const name of ['alice', 'bob']) {
    await askApi(server, 'PUT', `/organizations/acme/members/${name}`, { role: 'member' })
  }
  admin = await createLoggedIn(server)
  alice = await createLoggedIn(server, 'alice')
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, alice]) await user.leave()
})

describe('kontor team', () => {
  test('creates a team and puts members into it', async () => {
    expect(await admin.kontor(['team', 'create', 'acme', 'web'])).toEqual({
      code: 0,
      stdout: 'web\n',
      stderr: 'nobody is in it yet; try: kontor team add acme web <user>\n',
    })
    expect(await admin.kontor(['team', 'add', 'acme', 'web', 'alice', 'bob'])).toMatchObject({
      code: 0,
      stdout: 'alice\nbob\n',
    })
    expect((await admin.kontor(['team', 'members', 'acme', 'web', '-q'])).stdout).toBe('alice\nbob\n')
    expect((await admin.kontor(['team', 'ls', 'acme'])).stdout).toMatch(/^web\t2\t\d{4}-\d\d-\d\dT[\d:.]+Z\n$/)
    expect((await admin.kontor(['team', 'view', 'acme', 'web'])).stdout).toMatch(/^web\t2\t\S+\talice, bob\n$/)
  })

  test('shows what the API answers, unchanged', async () => {
    const { stdout } = await admin.kontor(['team', 'view', 'acme', 'web', '--format', 'json'])
    expect(JSON.parse(stdout)).toEqual(await askApi(server, 'GET', '/organizations/acme/teams/web'))
  })

  test('takes members of the organization only', async () => {
    const { code, stdout, stderr } = await admin.kontor(['team', 'add', 'acme', 'web', 'carol'])
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
    expect(stderr).toContain('NOT_A_MEMBER')
    expect(stderr).toContain('; try: kontor member add acme <user>\n')
  })

  test('tells a taken name from a team that is not there', async () => {
    expect((await admin.kontor(['team', 'create', 'acme', 'web'])).code).toBe(6)
    expect((await admin.kontor(['team', 'view', 'acme', 'nope'])).stderr).toContain('; try: kontor team ls acme\n')
    expect((await admin.kontor(['team', 'rm', 'acme', 'web', 'nope', '--yes'])).code).toBe(3)
    expect((await admin.kontor(['team', 'ls', 'acme', '-q'])).stdout).toBe('web\n')
  })

  test('changes nothing with --dry-run', async () => {
    const dry = [
      ['create', 'acme', 'ops'],
      ['mv', 'acme', 'web', 'ops'],
      ['add', 'acme', 'web', 'admin'],
      ['remove', 'acme', 'web', 'alice'],
      ['rm', 'acme', 'web'],
    ]
    for (const words of dry) {
      const { code, stdout, stderr } = await admin.kontor(['team', ...words, '--dry-run'])
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
      expect(stderr).toMatch(/^would .*\n$/)
    }
    expect((await admin.kontor(['team', 'view', 'acme', 'web'])).stdout).toMatch(/^web\t2\t\S+\talice, bob\n$/)
  })

  test('renames, and members may leave by themselves', async () => {
    expect((await admin.kontor(['team', 'mv', 'acme', 'web', 'frontend'])).stdout).toBe('frontend\n')
    expect((await alice.kontor(['team', 'remove', 'acme', 'frontend', 'bob'])).code).toBe(5)
    expect(await alice.kontor(['team', 'remove', 'acme', 'frontend', 'alice'])).toMatchObject({ stdout: 'alice\n' })
    expect((await admin.kontor(['team', 'members', 'acme', 'frontend', '-q'])).stdout).toBe('bob\n')
  })

  test('leaves the name that somebody else gave in between', async () => {
    await askApi(server, 'POST', '/organizations/acme/teams', { name: 'contested' })
    const rename = async (from: string, to: string) =>
      askApi(server, 'PATCH', `/organizations/acme/teams/${from}`, { name: to })
    const slower = ['team', 'mv', 'acme', 'contested', 'slower']
    const { code, stdout, stderr } = await runMeddledWith(server, admin, slower, async () => {
      await rename('contested', 'faster')
      await rename('faster', 'contested')
    })
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
    expect(stderr).toMatch(/^error: .*PRECONDITION_FAILED.*; look again: kontor team ls acme\n$/)
    await admin.kontor(['team', 'rm', 'acme', 'contested', '--yes'])
  })

  test('deletes when told twice', async () => {
    expect((await admin.kontor(['team', 'rm', 'acme', 'frontend'])).code).toBe(2)
    expect((await admin.kontor(['team', 'rm', 'acme', 'frontend', '--yes'])).stdout).toBe('frontend\n')
    expect((await admin.kontor(['team', 'ls', 'acme'])).stdout).toBe('')
  })
})
