import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { displayWidth } from '../../cli/output/display-width.ts'
import { type BrokenLine, openBrokenLine } from '../support/broken-line.ts'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn } from '../support/logged-in.ts'
import { runKontorOnTerminal } from '../support/pseudo-terminal.ts'
import { pushSignedImage } from '../support/signed-image.ts'
import { HAS_TMUX, openShellWindow, type TerminalWindow } from '../support/terminal-window.ts'

const DESCRIPTION = 'The shop as customers see it, in words that no narrow window has room for'

let server: Kontor
let line: BrokenLine
let user: CliUser

beforeAll(async () => {
  server = await startKontor()
  line = await openBrokenLine(server)
  user = await createLoggedIn(server)
  const auth = Buffer.from(`${server.username}:${server.password}`).toString('base64')
  await mkdir(user.dockerConfig, { recursive: true })
  const auths = { [server.host]: { auth }, [line.host]: { auth } }
  await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths }))
  const to = { url: server.url, login: server }
  await pushSignedImage(to, 'acme/web', 'a-tag-with-a-name-that-is-longer-than-most', { layerBytes: 2_000_000 })
  await askApi(server, 'PATCH', '/repositories/acme%2Fweb', { description: DESCRIPTION })
})
afterAll(async () => {
  await user.leave()
  await line.close()
  await server.stop()
})

describe.each([20, 40, 200])('in a window of %i columns', (columns) => {
  test.each([
    ['search', 'web'],
    ['tag', 'ls', 'acme/web'],
    ['repo', 'ls'],
    ['image', 'layers', 'acme/web:a-tag-with-a-name-that-is-longer-than-most', '--platform', 'linux/amd64'],
    ['image', 'refs', 'acme/web:a-tag-with-a-name-that-is-longer-than-most'],
    ['audit', '--all'],
    ['context', 'ls'],
  ])('no line of the table of kontor %s %s is too long', async (...words) => {
    const { code, shown } = await runKontorOnTerminal(words, { env: user.environment, columns })
    expect(code).toBe(0)
    const lines = shown.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(1)
    for (const text of lines) expect(displayWidth(text)).toBeLessThanOrEqual(columns)
    // Nothing is cut off where there is room.
    if (columns === 200) expect(shown).not.toContain('…')
  })
})

test('what is long stands below itself in kontor repo view, broken where a word ends', async () => {
  const { shown } = await runKontorOnTerminal(['repo', 'view', 'acme/web'], { env: user.environment, columns: 50 })
  expect(shown).toContain(`
DESCRIPTION  The shop as customers see it, in
             words that no narrow window has room
             for
VISIBILITY   private
`)
})

describe.skipIf(!HAS_TMUX)('bars', () => {
  let window: TerminalWindow

  afterAll(() => window.close())

  test('follow the window while somebody pulls at it, and leave nothing behind', async () => {
    window = await openShellWindow(user, { columns: 100, rows: 35 })
    const stalled = line.stallAfter('received', 4_000_000)
    await window.enter(
      `cd; clear; seq 19; kontor save ${line.host}/acme/web:a-tag-with-a-name-that-is-longer-than-most -o web.tar`,
    )
    await stalled
    await window.waitFor(/\[=*>? *\] +\d+% +[\d.]+MB\/2\.00MB/)
    for (const [columns, pattern] of [
      [40, /^\w{12} {2}\[[=> ]+\] +\d+%$/m],
      [20, /^\w{12} \d+%$/m],
      [60, /\] +\d+% +[\d.]+MB\/2\.00MB( |$)/m],
    ] as const) {
      await window.resize(columns, 35)
      const shown = await window.waitFor(pattern)
      expect(shown).toMatch(/\n19\nsaving [^\n]+\n([^\n]+%[^\n]*\n?)+$/)
    }
    line.release()
    expect(await window.waitFor(/^0>$/m)).toMatch(/\n19\nsaved 6\.01MB in [\d.]+ s\nweb\.tar\n/)
  })
})
