import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname

/** How a server process is to be started. */
export interface KontorOptions {
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  /** More settings, as environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** A data folder to go on with; without one the server gets a new one, removed when it stops. */
  readonly dataDir?: string
  /** Flags for node itself. */
  readonly nodeFlags?: readonly string[]
}

/** A real server, as its users start it: a process of its own on a free port of 127.0.0.1. */
export interface Kontor {
  readonly url: string
  /** `host:port`, as it stands in the name of an image. */
  readonly host: string
  readonly username: string
  readonly password: string
  readonly dataDir: string
  readonly pid: number
  /** Everything it wrote so far. */
  output(): string
  /** Ends it as a power switch would: SIGKILL. The data folder stays. */
  kill(): Promise<void>
  /** Stops it as an administrator would, and removes the data folder if it was made for this server. */
  stop(): Promise<void>
}

/** Starts a server and resolves once it listens. @throws Error with the server's output when it does not come up. */
export async function startKontor(options: KontorOptions = {}): Promise<Kontor> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'kontor-test-')))
  const username = 'admin'
  const password = 'correct horse battery'
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), PROGRAM, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: dataDir,
    env: {
      ...withoutSettings(process.env),
      KONTOR_DATA_DIR: dataDir,
      KONTOR_HTTP__HOST: '127.0.0.1',
      KONTOR_HTTP__PORT: '0',
      KONTOR_ADMIN__PASSWORD: password,
      ...(options.tls && {
        KONTOR_HTTP__TLS__CERT_FILE: options.tls.certFile,
        KONTOR_HTTP__TLS__KEY_FILE: options.tls.keyFile,
      }),
      ...options.env,
    },
  })
  const lines: string[] = []
  const url = await readUrl(child, lines)
  const exited = child.exitCode === null ? once(child, 'exit') : Promise.resolve()
  return {
    url,
    host: new URL(url).host,
    username,
    password,
    dataDir,
    pid: child.pid ?? 0,
    output: () => lines.join('\n'),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.kill('SIGTERM')
      await exited
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** An environment without what a developer has set for another Kontor: it must not steer the one under test. */
export function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('KONTOR_')))
}

function readUrl(child: ChildProcess, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { stdout, stderr } = child
    if (stdout === null || stderr === null) throw new Error('the server was started without pipes')
    createInterface({ input: stderr }).on('line', (line) => lines.push(line))
    createInterface({ input: stdout }).on('line', (line) => {
      lines.push(line)
      const event: unknown = line.includes('"server.listening"') ? JSON.parse(line) : undefined
      if (typeof event === 'object' && event !== null && 'url' in event) resolve(String(event.url))
    })
    child.once('close', (code) =>
      reject(new Error(`the server ended with ${code} before it listened:\n${lines.join('\n')}`)),
    )
  })
}
