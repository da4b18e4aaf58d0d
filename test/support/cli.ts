import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withoutSettings } from './kontor.ts'

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname

/** How a command ended. */
export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A command that goes on by itself. */
export interface RunningCommand {
  /** Everything it wrote so far. */
  readonly written: { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<CliResult>
  /** Both streams as they came: all that there is of a command on a terminal. */
  shown(): string
  /** ^C. */
  interrupt(): void
}

/** A user's own terminal without a screen: a home folder of its own, and pipes. */
export interface CliUser {
  readonly home: string
  /** Where docker's configuration is. */
  readonly dockerConfig: string
  /** Of the commands. */
  readonly environment: NodeJS.ProcessEnv
  /** Runs `kontor …`. @param more.input what is written to its standard input. */
  kontor(
    arguments_: readonly string[],
    more?: { readonly input?: string; readonly env?: NodeJS.ProcessEnv },
  ): Promise<CliResult>
  /** Starts `kontor …` and does not wait for its end. @param more.isShown on a terminal of its own (`script`). */
  start(arguments_: readonly string[], more?: { readonly isShown?: boolean }): RunningCommand
  leave(): Promise<void>
}

/** A user of the command line who has never logged in anywhere. @param env more of the environment. */
export async function createCliUser(env: NodeJS.ProcessEnv = {}): Promise<CliUser> {
  const home = await mkdtemp(join(tmpdir(), 'kontor-cli-'))
  const dockerConfig = join(home, '.docker')
  const environment = {
    ...withoutSettings(process.env),
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    DOCKER_CONFIG: dockerConfig,
    ...env,
  }
  const inPipes = (arguments_: readonly string[], env: NodeJS.ProcessEnv) =>
    spawn(process.execPath, [PROGRAM, ...arguments_], { env, stdio: 'pipe' })

  return {
    home,
    dockerConfig,
    environment,
    kontor(arguments_, more = {}) {
      const child = inPipes(arguments_, { ...environment, ...more.env })
      // A command that reads nothing may have ended already.
      child.stdin.on('error', () => {})
      child.stdin.end(more.input ?? '')
      return follow(child, () => child.kill('SIGINT')).ended
    },
    start(arguments_, { isShown = false } = {}) {
      if (!isShown) {
        const child = inPipes(arguments_, environment)
        child.stdin.end()
        return follow(child, () => child.kill('SIGINT'))
      }
      const line = [process.execPath, PROGRAM, ...arguments_].map((word) => `'${word}'`).join(' ')
      const child = spawn('script', ['-qefc', `exec ${line}`, '/dev/null'], { env: environment, stdio: 'pipe' })
      return follow(child, () => child.stdin.write('\u0003'))
    },
    leave: () => rm(home, { recursive: true, maxRetries: 3 }),
  }
}

function follow(child: ChildProcessWithoutNullStreams, interrupt: () => void): RunningCommand {
  const written = { stdout: '', stderr: '' }
  let shown = ''
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      written[name] += chunk
      shown += chunk
    })
  }
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, ...written }))
  })
  return { written, ended, shown: () => shown, interrupt }
}
