import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import supertest from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createLoggedIn } from '../support/logged-in.ts'
import { basic, pushImage } from '../support/server.ts'
import { HAS_TMUX, linkProgram, openTerminalWindow, type TerminalWindow } from '../support/terminal-window.ts'

/** What a shell reads when it starts, as docs/cli.md has it, and with a short prompt; by its place in the home folder. */
const SHELLS = [
  {
    shell: 'bash',
    startFile: '.bashrc',
    lines: ["PS1='> '", 'source <(kontor completion bash)'],
    // The first key completes, the second lists.
    listing: ['Tab', 'Tab'],
  },
  {
    shell: 'zsh',
    startFile: '.zshrc',
    lines: ["PS1='> '", 'autoload -U compinit && compinit -u', 'source <(kontor completion zsh)'],
    listing: ['Tab'],
  },
  {
    shell: 'fish',
    startFile: '.config/fish/config.fish',
    lines: [
      'set -g fish_greeting',
      "function fish_prompt; echo '> '; end",
      // What it shows before anybody presses a key is no proof.
      'set -g fish_autosuggestion_enabled 0',
      'kontor completion fish > ~/.config/fish/completions/kontor.fish',
    ],
    listing: ['Tab'],
  },
] as const

let server: Kontor
let user: CliUser

beforeAll(async () => {
  server = await startKontor()
  const pusher = supertest.agent(server.url).set('Authorization', basic(server.username, server.password))
  for (const tag of ['1.0', '1.1', '2.0']) await pushImage(pusher, 'acme/web', { tag })
  await pushImage(pusher, 'acme/api', { tag: '1' })
  user = await createLoggedIn(server)
  for (const folder of ['files', '.config/fish/completions']) await mkdir(join(user.home, folder), { recursive: true })
  for (const file of ['README.md', 'REASONS.txt', 'my file.md']) await writeFile(join(user.home, 'files', file), '')
})
afterAll(async () => {
  await server.stop()
  await user.leave()
})

describe.each(SHELLS)('in $shell', ({ shell, startFile, lines, listing }) => {
  const isHere = HAS_TMUX && spawnSync(shell, ['--version']).status === 0
  let window: TerminalWindow

  beforeAll(async () => {
    if (!isHere) return
    await writeFile(join(user.home, startFile), lines.map((line) => `${line}\n`).join(''))
    window = await openTerminalWindow({
      command: ['sh', '-c', `cd ~/files && exec ${shell} -i`],
      env: {
        ...user.environment,
        PATH: `${await linkProgram(user.home)}:${process.env['PATH']}`,
        ZDOTDIR: user.home,
        // A machine that others use as well must have the time to answer.
        KONTOR_COMPLETION_TIMEOUT_MS: '30000',
      },
      columns: 100,
    })
    await window.waitFor(/^>$/)
  })
  afterAll(() => window?.close())
  beforeEach(async () => {
    if (!isHere) return
    await window.press('C-u', 'C-l')
    await window.waitFor(/^>$/)
  })

  /** Presses the Tab key behind a line, and waits for what is to stand there instead. */
  async function completes(typed: string, completed: string): Promise<void> {
    await window.type(typed)
    await window.press('Tab')
    await window.waitFor(`> ${completed}`)
  }

  /** Presses it until there is a list, and waits for all of its words. */
  async function lists(typed: string, words: readonly string[]): Promise<string> {
    await window.type(typed)
    await window.press(...listing)
    for (const word of words) await window.waitFor(new RegExp(`\\n(.*[ /=:])?${word.replaceAll('.', '\\.')}\\b`))
    return window.screen()
  }

  test.skipIf(!isHere)('a command is completed word by word, down to the tag', async () => {
    await completes('kontor ta', 'kontor tag')
    await completes('rm acme/w', 'kontor tag rm acme/web:')
    const shown = await lists('1.', ['1.0', '1.1'])
    expect(shown).toMatch(/^> kontor tag rm acme\/web:1\.\n/)
    await completes('1', 'kontor tag rm acme/web:1.1')
    await completes('acme/web:2', 'kontor tag rm acme/web:1.1 acme/web:2.0')
  })

  test.skipIf(!isHere)('repositories are listed', async () => {
    await lists('kontor tag ls acme/', ['api', 'web'])
  })

  test.skipIf(!isHere)('commands and options are listed, in a line each where they are described', async () => {
    await lists('kontor tag r', ['restore', 'rm'])
    await window.press('C-u', 'C-l')
    await lists('kontor tag ls --', ['--all', '--order', '--format'])
  })

  test.skipIf(!isHere).each([
    ['kontor tag ls --or', 'kontor tag ls --order'],
    ['kontor tag ls --order=v', 'kontor tag ls --order=version'],
    ['kontor tag ls --order n', 'kontor tag ls --order name'],
    ['kontor tag rm "acme/web:2', 'kontor tag rm "acme/web:2.0"'],
    ['kontor tag add "acme/web:1.0" 2', 'kontor tag add "acme/web:1.0" 2.0'],
    ['kontor repo edit acme/web --readme README', 'kontor repo edit acme/web --readme README.md'],
    ['kontor repo edit acme/web --readme=REAS', 'kontor repo edit acme/web --readme=REASONS.txt'],
    ['kontor repo edit acme/web --readme my', 'kontor repo edit acme/web --readme my\\ file.md'],
    ['kontor repo edit acme/web --readme "my f', 'kontor repo edit acme/web --readme "my file.md"'],
    ['kontor load ~/files/REAS', 'kontor load ~/files/REASONS.txt'],
    ['kontor tag ls acme/web > REAS', 'kontor tag ls acme/web > REASONS.txt'],
    ['echo; kontor tag ls acme/w', 'echo; kontor tag ls acme/web'],
  ])('%s becomes %s', completes)

  test.skipIf(!isHere)('a server may be named with its port', async () => {
    await completes(`kontor tag rm ${server.host}/acme/web:2`, `kontor tag rm ${server.host}/acme/web:2.0`)
  })

  test.skipIf(!isHere)('what cannot be completed stays as it is', async () => {
    await window.type('kontor tag ls -s localhost:1 acme/')
    await window.press(...listing)
    await window.type('x')
    await window.waitFor(/^> kontor tag ls -s localhost:1 acme\/x$/)
  })
})
