import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CliUser } from './cli.ts'

/** Whether there is a tmux on this machine; .ci/run sees to it. */
export const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0

const LOOK_AGAIN_MS = 50
/** A machine that others use as well must have the time. */
const PATIENCE_MS = 30_000

/** A window of a terminal with a shell in it, as somebody who sits before it has it. */
export interface TerminalWindow {
  /** Types a text, without the Enter key. */
  type(text: string): Promise<void>
  /** Types a line, with the Enter key. */
  enter(line: string): Promise<void>
  /** Presses keys, by tmux' names for them: `Tab`, `C-c`, `Up`. */
  press(...keys: readonly string[]): Promise<void>
  /** What stands in the window, without spaces at the ends of lines and without empty lines at its end. */
  screen(): Promise<string>
  /** The screen as soon as it is as wanted. @throws Error with the screen when it is not in half a minute. */
  waitFor(wanted: string | RegExp): Promise<string>
  /** Pulls at the corner of the window. */
  resize(columns: number, rows: number): Promise<void>
  /** Where the cursor is, from 0 and 0, and whether it is to be seen. */
  cursor(): Promise<{ readonly column: number; readonly row: number; readonly isShown: boolean }>
  close(): Promise<void>
}

/**
 * Opens a window with tmux, which draws as a terminal does: lines that are too long are wrapped, bars are drawn over.
 * @param window.command the shell.
 */
export async function openTerminalWindow(window: {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly columns?: number
  readonly rows?: number
}): Promise<TerminalWindow> {
  const { command, columns = 80, rows = 24 } = window
  const folder = await mkdtemp(join(tmpdir(), 'kontor-window-'))
  // A shell that is ended must not write what was typed into a home folder that is being removed.
  const history = { HISTFILE: '', fish_history: '' }
  const env = {
    ...window.env,
    ...history,
    // CI never has anybody to ask.
    CI: '',
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
    TMUX: '',
    TMUX_TMPDIR: folder,
  }

  async function tmux(...arguments_: readonly string[]): Promise<string> {
    return (await promisify(execFile)('tmux', ['-f', '/dev/null', ...arguments_], { env })).stdout
  }

  async function screen(): Promise<string> {
    return (await tmux('capture-pane', '-p')).replace(/ +$/gm, '').trimEnd()
  }

  const size = ['-x', String(columns), '-y', String(rows)]
  await tmux('new-session', '-d', ...size, ...command)
  await tmux('set-option', '-g', 'status', 'off', ';', 'set-option', '-g', 'window-size', 'manual')
  // The line of the status that is off now belongs to the window, too.
  await tmux('resize-window', ...size)
  return {
    type: async (text) => void (await tmux('send-keys', '-l', '--', text)),
    enter: async (line) => void (await tmux('send-keys', '-l', '--', line, ';', 'send-keys', 'Enter')),
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    screen,
    async waitFor(wanted) {
      const end = Date.now() + PATIENCE_MS
      for (;;) {
        const shown = await screen()
        if (typeof wanted === 'string' ? shown.includes(wanted) : wanted.test(shown)) return shown
        if (Date.now() > end) throw new Error(`${wanted} did not come; the window shows:\n${shown}`)
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
      }
    },
    resize: async (width, height) => void (await tmux('resize-window', '-x', String(width), '-y', String(height))),
    async cursor() {
      const [column, row, flag] = (await tmux('display-message', '-p', '#{cursor_x} #{cursor_y} #{cursor_flag}'))
        .trim()
        .split(' ')
      return { column: Number(column), row: Number(row), isShown: flag === '1' }
    },
    async close() {
      await tmux('kill-server')
      await rm(folder, { recursive: true })
    },
  }
}

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname

/** Opens a window with bash in it, for which `kontor` is a command; the prompt says how the last one ended: `0> `. */
export async function openShellWindow(
  user: Pick<CliUser, 'home' | 'environment'>,
  size: { readonly columns?: number; readonly rows?: number } = {},
): Promise<TerminalWindow> {
  const window = await openTerminalWindow({
    command: ['bash', '--norc'],
    env: { ...user.environment, PS1: '$?> ', PATH: `${await linkProgram(user.home)}:${process.env['PATH']}` },
    ...size,
  })
  await window.waitFor(/^0>$/)
  return window
}

/** Makes a folder in which `kontor` is, for a `PATH`. */
export async function linkProgram(home: string): Promise<string> {
  const folder = join(home, 'bin')
  await mkdir(folder, { recursive: true })
  await symlink(PROGRAM, join(folder, 'kontor')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return folder
}
