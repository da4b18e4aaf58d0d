import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { withoutSettings } from '../support/kontor.ts'

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname

/** The administrator of the servers started here. */
export const ADMIN = { username: 'admin', password: 'correct horse battery' } as const

/** A server whose end is of interest: how it refuses to start, or how it stops. */
export interface ServerProcess {
  readonly pid: number
  /** Its URL, once it listens. @throws Error with its output when it ends before. */
  readonly listening: Promise<string>
  /** Its exit code, or the signal that ended it, once all of its output is read. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Everything it wrote so far. */
  output(): string
  /** Does nothing when it has ended. */
  signal(signal: NodeJS.Signals): void
}

/** Spawns a server on a free port of 127.0.0.1, and does not wait. */
export function spawnServer(options: {
  readonly dataDir: string
  /** More settings, as environment variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A program, with its arguments, that becomes the server: what comes after it is the command to run. */
  readonly through?: readonly string[]
}): ServerProcess {
  const { dataDir, env = {}, through = [] } = options
  const [program = process.execPath, ...args] = [...through, process.execPath, PROGRAM, 'serve']
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...withoutSettings(process.env),
      KONTOR_DATA_DIR: dataDir,
      KONTOR_HTTP__HOST: '127.0.0.1',
      KONTOR_HTTP__PORT: '0',
      KONTOR_ADMIN__PASSWORD: ADMIN.password,
      ...env,
    },
  })
  const lines: string[] = []
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(signal ?? code ?? Number.NaN))
  })
  const listening = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      const url = /"server\.listening","url":"([^"]+)"/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
    const refuse = (end: unknown) => reject(new Error(`the server ended (${end}):\n${lines.join('\n')}`))
    ended.then(refuse, refuse)
  })
  // Whoever waits for the end only is not to be troubled with this.
  listening.catch(() => {})
  return {
    pid: child.pid ?? 0,
    listening,
    ended,
    output: () => lines.join('\n'),
    signal: (signal) => void child.kill(signal),
  }
}
