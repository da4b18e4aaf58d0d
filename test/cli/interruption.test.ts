import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BrokenLine, openBrokenLine } from '../support/broken-line.ts'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn } from '../support/logged-in.ts'
import { pushSignedImage } from '../support/signed-image.ts'
import { HAS_TMUX, openShellWindow, type TerminalWindow } from '../support/terminal-window.ts'

let server: Kontor
let line: BrokenLine
let user: CliUser
let window: TerminalWindow

beforeAll(async () => {
  server = await startKontor()
  line = await openBrokenLine(server)
  user = await createLoggedIn(server)
  const auth = Buffer.from(`${server.username}:${server.password}`).toString('base64')
  const auths = { [server.host]: { auth }, [line.host]: { auth } }
  await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths }))
  await pushSignedImage({ url: server.url, login: server }, 'acme/web', '1', { layerBytes: 2_000_000 })
  if (HAS_TMUX) window = await openShellWindow(user, { columns: 150, rows: 30 })
})
afterAll(async () => {
  await window?.close()
  await user.leave()
  await line.close()
  await server.stop()
})

describe.skipIf(!HAS_TMUX)('^C', () => {
  beforeEach(async () => {
    await window.enter('cd; true')
    await window.press('C-l')
    await window.waitFor(/^0>$/)
  })

  /** Presses ^C in a command, and waits for the shell: what the window shows between the two, without what was before. */
  async function interrupt(): Promise<string> {
    await window.press('C-c')
    const shown = await window.waitFor(/^\d+>$/m)
    expect(await window.cursor()).toMatchObject({ isShown: true, column: '130> '.length })
    await window.enter("stty -a | tr ';' '\\n' | grep -ow -e '-*echo'")
    // A line that is not shown while it is typed comes from a terminal that a question has left as it was.
    await window.waitFor(/^echo\n0>$/m)
    return shown.split('\n').slice(1).join('\n')
  }

  test.each([
    ['login localhost:1234', 'user name:', 'user name:\nerror: interrupted\n130>'],
    ['login localhost:1234 -u x', 'password or access token:', 'password or access token:\nerror: interrupted\n130>'],
    ['tag rm acme/web:1', '(y/N):', 'delete acme/web:1? (y/N):\nerror: interrupted\n130>'],
    [
      'repo rm acme/web',
      'type acme/web to delete it:',
      expect.stringMatching(/cannot be brought back\ntype acme\/web to delete it:\nerror: interrupted\n130>$/),
    ],
  ])('in a question of kontor %s changes nothing', async (typed, question, left) => {
    await window.enter(`kontor ${typed.replace('localhost:1234', server.host)}`)
    await window.waitFor(question)
    await window.type('half an answer')
    const shown = await interrupt()
    expect(shown.replace(' half an answer', '')).toEqual(left)
    expect(await askApi(server, 'GET', '/repositories/acme%2Fweb/tags/1')).toMatchObject({ name: '1' })
  })

  test('before a question comes is not forgotten', async () => {
    const silent = await openSilentServer()
    await window.enter(`kontor login ${silent.host} -u admin`)
    await silent.asked
    expect(await interrupt()).toBe('error: interrupted\n130>')
    await silent.close()
  })

  test('while a server takes its time leaves one line', async () => {
    const silent = await openSilentServer()
    await window.enter(`kontor search -s ${silent.host} web`)
    await silent.asked
    expect(await interrupt()).toBe('error: interrupted\n130>')
    await silent.close()
  })

  test('is how kontor watch ends, which says nothing of it', async () => {
    await window.enter('kontor watch acme/web')
    await window.waitFor('^C ends it')
    expect(await interrupt()).toBe('watching acme/web; ^C ends it\n130>')
  })

  test('is how kontor audit --follow ends, which says nothing of it', async () => {
    await window.enter('kontor audit --follow --limit 1')
    await window.waitFor('TIME')
    expect(await interrupt()).toMatch(/^TIME .*\n.* manifest\.pushed .*\n130>$/)
  })

  test.each([
    ['save', 'received', (host: string) => `save ${host}/acme/web:1 -o web.tar`],
    ['cp', 'sent', (host: string) => `cp ${server.host}/acme/web:1 ${host}/copied/web:1`],
  ] as const)('takes the bars of kontor %s away, and says how to go on', async (_verb, direction, lineFor) => {
    const stalled = line.stallAfter(direction, 3_000_000)
    await window.enter(`kontor ${lineFor(line.host)}`)
    await stalled
    await window.waitFor(/\[=*>? *\] +\d+%/)
    expect(await interrupt()).toMatch(
      /^error: interrupted; the same command goes on where it was: kontor [^\n]+\n130>$/,
    )
    line.release()
  })

  test('twice ends at once', async () => {
    await window.enter('kontor watch acme/web --interval 100')
    await window.waitFor('^C ends it')
    await window.press('C-c', 'C-c')
    await window.waitFor(/^130>/m)
  })

  test('stops kontor serve in order', async () => {
    await window.enter('kontor serve --http.port=0 --data-dir=data')
    await window.waitFor('server.listening')
    await window.press('C-c')
    expect(await window.waitFor(/^0>$/m)).toContain('server.stopping')
  })
})

describe('where there is no terminal', () => {
  test.each([
    ['repo', 'rm', 'acme/web', 'nobody is there to answer "delete acme/web?"; add --yes to go on without being asked'],
    [
      'tag',
      'rm',
      'acme/web:1',
      'nobody is there to answer "delete acme/web:1?"; add --yes to go on without being asked',
    ],
  ])('kontor %s %s says how to do without a question', async (noun, verb, name, message) => {
    const { code, stdout, stderr } = await user.kontor([noun, verb, name])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n').at(-2)).toBe(`error: ${message}`)
  })

  test('kontor login says what to give', async () => {
    expect(await user.kontor(['login', server.host])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: no user name is given, and nobody can be asked; add --username <name>\n',
    })
  })
})

/** A server that takes connections and never answers. */
async function openSilentServer() {
  const silent = createServer((socket) => void socket.on('error', () => {}))
  const asked = new Promise<void>((resolve) => {
    silent.once('connection', (socket) => socket.once('data', () => resolve()))
  })
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve))
  return {
    host: `localhost:${(silent.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise<void>((resolve) => void silent.close(() => resolve())),
  }
}
