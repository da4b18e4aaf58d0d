import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'
import { basic, type Client, pushImage } from '../support/server.ts'

let server: Kontor
let pusher: Client
let admin: CliUser
let bob: CliUser

beforeAll(async () => {
  server = await startKontor()
  await createUsers(server, 'bob')
  await askApi(server, 'POST', '/organizations', { name: 'acme' })
  await askApi(server, 'PUT', '/organizations/acme/members/bob', { role: 'member' })
  await askApi(server, 'PATCH', '/organizations/acme', { basePermission: 'push' })
  pusher = supertest.agent(server.url).set('Authorization', basic(server.username, server.password))
  admin = await createLoggedIn(server)
  bob = await createLoggedIn(server, 'bob')
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, bob]) await user.leave()
})

/** Pushes images whose bytes are named after their tags, one after another, and gives their digests. */
async function push(repository: string, ...tags: readonly string[]): Promise<string[]> {
  const digests = []
  for (const tag of tags) digests.push((await pushImage(pusher, repository, { tag, content: tag })).digest)
  return digests
}

async function tagsOf(repository: string): Promise<string> {
  return (await admin.kontor(['tag', 'ls', repository, '--format', '{{.Name}} {{.Digest}}'])).stdout
}

describe('kontor tag ls', () => {
  test('has columns apart by tabs in a pipe, the newest version first', async () => {
    const [older, newer] = await push('acme/listed', '1.9', '1.10')
    const { stdout, stderr, code } = await admin.kontor(['tag', 'ls', 'acme/listed'])
    expect(stdout.replace(/\d{4}-\S+Z/g, 'TIME')).toBe(
      `1.10\t${newer}\tlinux/amd64\t451\tTIME\tadmin\t0\n` + `1.9\t${older}\tlinux/amd64\t449\tTIME\tadmin\t0\n`,
    )
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect((await admin.kontor(['tag', 'ls', 'acme/listed', '-q', '--prefix', '1.1'])).stdout).toBe('1.10\n')
    expect((await admin.kontor(['tag', 'ls', `${server.host}/acme/listed`, '-q', '--limit', '1'])).stderr).toBe(
      'there are more tags than this one; --all lists them\n',
    )
  })

  test('is about a repository, by the server that its name says', async () => {
    const { code, stderr } = await admin.kontor(['tag', 'ls', 'acme/listed:1.9'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'error: acme/listed:1.9 names an image, where a repository is wanted; leave off what follows the name: acme/listed\n',
    })
    const elsewhere = await admin.kontor(['tag', 'ls', 'localhost:1/acme/listed'])
    expect(elsewhere.stderr).toContain('nothing listens at localhost:1')
    expect(elsewhere.code).toBe(10)
    expect((await admin.kontor(['tag', 'ls', 'acme/absent'])).code).toBe(3)
    expect((await admin.kontor(['tag', 'ls', 'acme/listed', '--order', 'age'])).code).toBe(2)
  })
})

describe('kontor tag add', () => {
  test('points further tags to an image, and says what they pointed to', async () => {
    const [one, two] = await push('acme/added', '1', '2')
    expect(await admin.kontor(['tag', 'add', 'acme/added:1', 'stable', 'latest', 'stable'])).toEqual({
      code: 0,
      stdout: 'acme/added:stable\nacme/added:latest\n',
      stderr: '',
    })
    const moved = await admin.kontor(['tag', 'add', `acme/added@${two}`, 'stable'])
    expect(moved.stdout).toBe('acme/added:stable\n')
    expect(moved.stderr).toBe(
      `it pointed to ${one?.slice(7, 19)} before; to go back: kontor tag restore acme/added:stable\n`,
    )
    expect(await tagsOf('acme/added')).toBe(`latest ${one}\n2 ${two}\n1 ${one}\nstable ${two}\n`)
  })

  test('says what it would do, and does nothing', async () => {
    const [one, two] = await push('acme/not-added', '1', '2')
    const before = await tagsOf('acme/not-added')
    const { stdout, stderr } = await admin.kontor(['tag', 'add', '--dry-run', 'acme/not-added:1', '2', '3'])
    expect(stdout).toBe('')
    expect(stderr).toBe(
      `would point acme/not-added:2 to ${one?.slice(7, 19)}, away from ${two?.slice(7, 19)}\n` +
        `would point acme/not-added:3 to ${one?.slice(7, 19)}\n`,
    )
    expect(await tagsOf('acme/not-added')).toBe(before)
  })

  test('needs something to point to, and names that are tags', async () => {
    await push('acme/no-such', '1')
    const absent = await admin.kontor(['tag', 'add', 'acme/no-such', 'stable'])
    expect(absent.code).toBe(3)
    expect(absent.stderr).toMatch(
      /^error: there is no tag latest in acme\/no-such \(TAG_UNKNOWN, request \S+\); try: kontor tag ls acme\/no-such\n$/,
    )
    const odd = await admin.kontor(['tag', 'add', 'acme/no-such:1', 'good', '-x'])
    expect(odd.code).toBe(2)
    const strange = await admin.kontor(['tag', 'add', 'acme/no-such:1', 'good', 'a/b'])
    expect(strange.stderr).toContain('"a/b" is no tag')
    expect(strange.code).toBe(2)
    expect((await admin.kontor(['tag', 'ls', 'acme/no-such', '-q'])).stdout).toBe('1\n')
  })
})

describe('kontor tag mv', () => {
  test('gives a tag another name', async () => {
    const [next] = await push('acme/moved', 'next')
    const dry = await admin.kontor(['tag', 'mv', '--dry-run', 'acme/moved:next', 'stable'])
    expect(dry.stderr).toBe(`would point acme/moved:stable to ${next?.slice(7, 19)} and delete acme/moved:next\n`)
    const result = await admin.kontor(['tag', 'mv', 'acme/moved:next', 'stable'])
    expect(result).toEqual({ code: 0, stdout: 'acme/moved:stable\n', stderr: '' })
    expect(await tagsOf('acme/moved')).toBe(`stable ${next}\n`)
  })

  test('takes no name that is taken, unless it is told to', async () => {
    const [one, two] = await push('acme/taken', '1', '2')
    const refused = await admin.kontor(['tag', 'mv', 'acme/taken:1', '2'])
    expect(refused.code).toBe(6)
    expect(refused.stderr).toBe(
      `error: acme/taken:2 is there already, and points to ${two?.slice(7, 19)}; add --force to point it elsewhere\n`,
    )
    expect(await tagsOf('acme/taken')).toBe(`2 ${two}\n1 ${one}\n`)
    expect((await admin.kontor(['tag', 'mv', '--force', 'acme/taken:1', '2'])).code).toBe(0)
    expect(await tagsOf('acme/taken')).toBe(`2 ${one}\n`)
    expect((await admin.kontor(['tag', 'mv', 'acme/taken:2', '2'])).code).toBe(2)
    expect(await tagsOf('acme/taken')).toBe(`2 ${one}\n`)
  })

  test('does no half of it for who may push but not delete', async () => {
    const [one] = await push('acme/kept', '1')
    const { code, stderr } = await bob.kontor(['tag', 'mv', 'acme/kept:1', 'mine'])
    expect(code).toBe(5)
    expect(stderr).toContain(
      'takes the permission maintain, and you have push; to keep both: kontor tag add acme/kept:1',
    )
    expect(await tagsOf('acme/kept')).toBe(`1 ${one}\n`)
  })
})

describe('kontor tag rm, restore and history', () => {
  test('delete a tag, bring it back, and tell all of it', async () => {
    const [, second] = await push('acme/past', 'v', 'v2')
    await admin.kontor(['tag', 'add', 'acme/past:v2', 'v'])
    const removed = await admin.kontor(['tag', 'rm', '--yes', 'acme/past:v'])
    expect(removed.stdout).toBe('acme/past:v\n')
    expect(removed.stderr).toBe('to bring back what was deleted: kontor tag restore acme/past:v\n')
    const dry = await admin.kontor(['tag', 'restore', '--dry-run', 'acme/past:v'])
    expect(dry.stderr).toBe(`would point acme/past:v to ${second?.slice(7, 19)} again\n`)
    const restored = await admin.kontor(['tag', 'restore', 'acme/past:v'])
    expect(restored.stdout).toBe('acme/past:v\n')
    expect(restored.stderr).toBe(`it points to ${second?.slice(7, 19)} again\n`)
    const back = await admin.kontor(['tag', 'restore', 'acme/past:v'])
    const [first] = await push('acme/elsewhere', 'v')
    expect(back.stderr).toBe(`it points to ${first?.slice(7, 19)} again\n`)
    const { stdout } = await admin.kontor(['tag', 'history', 'acme/past:v'])
    expect(stdout.replace(/\d{4}-\S+Z/g, 'TIME')).toBe(
      `${first}\tTIME\tadmin\t\t\n` +
        `${second}\tTIME\tadmin\tTIME\tadmin\n`.repeat(2) +
        `${first}\tTIME\tadmin\tTIME\tadmin\n`,
    )
    const chosen = await admin.kontor(['tag', 'restore', `acme/past:v@${second}`])
    expect(chosen.stderr).toBe(`it points to ${second?.slice(7, 19)} again\n`)
  })

  test('delete nothing when one of them is not there, or nobody can be asked', async () => {
    const [one] = await push('acme/all-or-none', '1')
    const missing = await admin.kontor(['tag', 'rm', '--yes', 'acme/all-or-none:1', 'acme/all-or-none:9'])
    expect(missing.code).toBe(3)
    expect(missing.stderr).toContain('there is no tag 9 in acme/all-or-none')
    expect((await admin.kontor(['tag', 'rm', 'acme/all-or-none:1'])).code).toBe(2)
    expect((await admin.kontor(['tag', 'rm', '--yes', `acme/all-or-none:1@${one}`])).code).toBe(2)
    expect((await bob.kontor(['tag', 'rm', '--yes', 'acme/all-or-none:1'])).code).toBe(5)
    expect(await tagsOf('acme/all-or-none')).toBe(`1 ${one}\n`)
  })

  test('have nothing to restore or tell of a tag that never was', async () => {
    await push('acme/new', '1')
    expect((await admin.kontor(['tag', 'restore', '--dry-run', 'acme/new:1'])).code).toBe(3)
    expect((await admin.kontor(['tag', 'restore', 'acme/new:1'])).code).toBe(3)
    expect((await admin.kontor(['tag', 'history', 'acme/new:2'])).code).toBe(3)
    expect((await admin.kontor(['tag', 'history', 'acme/new'])).code).toBe(2)
  })
})
