import { spawn } from 'node:child_process'
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
  /** ^C. */
  interrupt(): void
}

/** A user's own terminal without a screen: a home folder of its own, and pipes. */
export interface CliUser {
  readonly home: string
  /** Where docker's configuration is. */
  readonly dockerConfig: string
  /** Runs `kontor …`. @param more.input what is written to its standard input. */
  kontor(
    arguments_: readonly string[],
    more?: { readonly input?: string; readonly env?: NodeJS.ProcessEnv },
  ): Promise<CliResult>
  /** Starts `kontor …` and does not wait for its end. */
  start(arguments_: readonly string[]): RunningCommand
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
  return {
    home,
    dockerConfig,
    kontor: (arguments_, more = {}) =>
      startKontorCommand(arguments_, more.input ?? '', { ...environment, ...more.env }).ended,
    start: (arguments_) => startKontorCommand(arguments_, '', environment),
    leave: () => rm(home, { recursive: true }),
  }
}

function startKontorCommand(arguments_: readonly string[], input: string, env: NodeJS.ProcessEnv): RunningCommand {
  const child = spawn(process.execPath, [PROGRAM, ...arguments_], { env, stdio: 'pipe' })
  const written = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    written.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    written.stderr += chunk
  })
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, ...written }))
  })
  // A command that reads nothing may have ended already.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return { written, ended, interrupt: () => void child.kill('SIGINT') }
}
