import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'

let server: Kontor
let admin: CliUser
let bob: CliUser

beforeAll(async () => {
  server = await startKontor()
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
})

describe('kontor audit --export', () => {
  test('writes all that matches into a file, as the server exports it', async () => {
    const csv = join(admin.home, 'events.csv')
    const { code, stdout } = await admin.kontor(['audit', 'acme', '--export', csv])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${csv}\n` })
    const lines = (await readFile(csv, 'utf8')).split('\r\n')
    expect(lines[0]).toBe('id,at,action,outcome,object,actor,credential,address,requestId,detail')
    expect(lines).toHaveLength(7)
    const jsonl = join(admin.home, 'events.jsonl')
    await admin.kontor(['audit', 'acme', '--export', jsonl, '--action', 'team.created'])
    expect((await readFile(jsonl, 'utf8')).trim().split('\n')).toHaveLength(2)
  })

  test('replaces no file unasked, and leaves nothing behind when it is refused', async () => {
    const file = join(admin.home, 'precious.csv')
    await writeFile(file, 'precious')
    expect((await admin.kontor(['audit', 'acme', '--export', file])).code).toBe(2)
    expect((await bob.kontor(['audit', 'acme', '--export', file, '--yes'])).code).toBe(5)
    expect(await readFile(file, 'utf8')).toBe('precious')
    expect((await readdir(admin.home)).filter((name) => name.includes('part'))).toEqual([])
    expect((await admin.kontor(['audit', 'acme', '--export', file, '--yes'])).code).toBe(0)
    expect(await readFile(file, 'utf8')).not.toBe('precious')
  })

  test('wants to know the form, and takes no flags that are for lists', async () => {
    const write = (...words: string[]) => admin.kontor(['audit', 'acme', '--export', ...words])
    expect((await write(join(admin.home, 'events.txt'))).code).toBe(2)
    expect((await write(join(admin.home, 'events.txt'), '--format', 'csv')).code).toBe(0)
    expect((await write(join(admin.home, 'more.csv'), '--limit', '3')).code).toBe(2)
    expect((await write(join(admin.home, 'none', 'x.csv'))).code).toBe(1)
  })
})

describe('kontor audit --export from a server that', () => {
  /** Begins an export. */
  const begin: RequestListener = (_, answer) => {
    answer.writeHead(200, { 'Content-Type': 'text/csv', 'X-Request-Id': 'r' }).write('id,at\r\n')
  }

  async function leftovers(): Promise<readonly string[]> {
    return (await readdir(admin.home)).filter((name) => name.startsWith('lost'))
  }

  test('breaks off leaves no half of a file', async () => {
    const broken = await startFake((asked, answer) => {
      begin(asked, answer)
      setImmediate(() => answer.destroy())
    })
    const { code, stdout, stderr } = await admin.kontor(export_('lost.csv', broken.address))
    await broken.close()
    expect({ code, stdout }).toEqual({ code: 10, stdout: '' })
    expect(stderr).toContain('lost.csv was not written; try again\n')
    expect(await leftovers()).toEqual([])
  })

  test('goes on for ever is left with ^C, and no half of a file either', async () => {
    const endless = await startFake(begin)
    const command = admin.start(export_('lost.csv', endless.address))
    await expect.poll(leftovers).toHaveLength(1)
    command.interrupt()
    const { code, stderr } = await command.ended
    await endless.close()
    expect(code).toBe(130)
    expect(stderr).toContain('lost.csv was not written\n')
    expect(await leftovers()).toEqual([])
  })

  test('is behind a proxy and cannot be reached is not taken for something else', async () => {
    const proxy = await startFake((_, answer) => {
      answer.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad Gateway</h1>')
    })
    const { code, stderr } = await admin.kontor(export_('lost.csv', proxy.address))
    await proxy.close()
    expect(code).toBe(10)
    expect(stderr).toContain('answers (502) that the registry cannot be reached; try again in a moment\n')
  })

  function export_(file: string, address: string): readonly string[] {
    return ['audit', 'acme', '--export', join(admin.home, file), '--server', address]
  }
})

/** Something else at the address of a server. */
async function startFake(listener: RequestListener) {
  const fake = createServer(listener)
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(fake.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => fake.close(() => resolve())),
  }
}
