import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn, createUsers } from '../support/logged-in.ts'
import { startOtherRegistry } from '../support/other-registry.ts'

let server: Kontor
let admin: CliUser
let bob: CliUser
let nobody: CliUser

beforeAll(async () => {
  server = await startKontor()
  await createUsers(server, 'bob', 'eve')
  await askApi(server, 'POST', '/organizations', { name: 'acme' })
  await askApi(server, 'PUT', '/organizations/acme/members/bob', { role: 'member' })
  admin = await createLoggedIn(server)
  bob = await createLoggedIn(server, 'bob')
  nobody = await createCliUser({ KONTOR_SERVER: server.host })
})
afterAll(async () => {
  for (const user of [admin, bob, nobody]) await user.leave()
  await server.stop()
})

const logInAsEve = () =>
  nobody.kontor(['login', server.host, '-u', 'eve', '--password-stdin'], { input: 'a wrong guess' })

/** What ends with each code, in the order of the table in docs/cli.md. */
const ENDS: Readonly<Record<number, () => Promise<{ readonly code: number; readonly stderr: string }>>> = {
  0: () => admin.kontor(['whoami']),
  async 1() {
    const other = await startOtherRegistry('none')
    const asked = await admin.kontor(['repo', 'ls', '--server', other.host])
    await other.stop()
    expect(asked.stderr).toContain('it is no Kontor')
    return asked
  },
  2: () => admin.kontor(['tag', 'ls', '--formt', 'json', 'acme/web']),
  3: () => admin.kontor(['tag', 'ls', 'acme/absent']),
  4: () => nobody.kontor(['whoami']),
  5: () => bob.kontor(['org', 'edit', 'acme', '--display-name', "Bob's"]),
  6: () => admin.kontor(['org', 'create', 'acme']),
  async 9() {
    for (let tries = 0; tries < 30; tries++) {
      const tried = await logInAsEve()
      if (tried.code !== 4) return tried
    }
    return logInAsEve()
  },
  10: () => admin.kontor(['tag', 'ls', 'acme/web', '--server', '127.0.0.1:1']),
  async 130() {
    const watching = admin.start(['audit', 'acme', '--follow'])
    await expect.poll(() => watching.written.stdout).toContain('member.added')
    watching.interrupt()
    return watching.ended
  },
}

describe('a command ends with', () => {
  test.each(Object.entries(ENDS))('%s, as docs/cli.md says', async (expected, run) => {
    const { code, stderr } = await run()
    expect({ code, stderr }).toEqual({ code: Number(expected), stderr: expect.any(String) })
    // What goes on until ^C has not failed when it comes.
    if (code === 130) expect(stderr).toBe('')
    else if (code !== 0) expect(stderr).toMatch(/^error: .+\n/m)
  })

  test('no other code than those that docs/cli.md lists', async () => {
    const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
    const [, table = ''] = /## Conventions.*?\| ends with \| when \|\n\|---\|---\|\n(.*?)\n\n/s.exec(text) ?? []
    const listed = table.split('\n').map((line) => Number(/^\| (\d+) \|/.exec(line)?.[1]))
    expect(listed).toEqual(Object.keys(ENDS).map(Number))
  })
})
