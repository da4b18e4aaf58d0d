import { spawn } from 'node:child_process'

/** How a program is run. */
export interface RunOptions {
  /** The whole environment: nothing is inherited, so no credential or proxy of the machine leaks in. */
  env: Readonly<Record<string, string>>
  /** The working directory. Default: the test's own. */
  cwd?: string
  /** Written to standard input, which is closed afterwards. Default: nothing. */
  input?: string | Buffer
  /** After this time the program and its children are killed and `run` throws. Default: 240 s. */
  timeoutMs?: number
}

/** What a program did. */
export interface RunResult {
  /** The command line, for messages. */
  commandLine: string
  exitCode: number
  stdout: string
  /** Standard output as it came, for programs that print bytes. */
  stdoutBytes: Buffer
  /** Standard output and standard error in the order in which they arrived. */
  output: string
}

/**
 * Runs a program to its end and captures what it says.
 * Throws when it cannot be started, is killed by a signal or takes too long; any exit code is a result.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { env, cwd, input = '', timeoutMs = 240_000 } = options
  const commandLine = [command, ...args].join(' ')
  // A group of its own, so that a timeout also ends what the program has started.
  const child = spawn(command, args, { env, cwd, stdio: 'pipe', detached: true })
  const stdout: Buffer[] = []
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk)
    output.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  // A program that never reads its input closes the pipe early; its exit code says whether that was wrong.
  child.stdin.on('error', () => {})
  child.stdin.end(input)

  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, timeoutMs)
  try {
    const { exitCode, signal } = await new Promise<{ exitCode: number | null; signal: string | null }>(
      (resolve, reject) => {
        child.once('error', reject)
        child.once('close', (code, closingSignal) => resolve({ exitCode: code, signal: closingSignal }))
      },
    )
    const said = Buffer.concat(output).toString()
    if (timedOut) throw new Error(`${commandLine}\ndid not end within ${timeoutMs} ms. It said:\n${said}`)
    if (exitCode === null) throw new Error(`${commandLine}\nwas ended by ${signal}. It said:\n${said}`)
    const stdoutBytes = Buffer.concat(stdout)
    return { commandLine, exitCode, stdout: stdoutBytes.toString(), stdoutBytes, output: said }
  } finally {
    clearTimeout(timer)
  }
}

/** The message for a program that did not do what was expected: what was run, how it ended, what it said. */
export function describeRun(result: RunResult): string {
  return `${result.commandLine}\nended with exit code ${result.exitCode}. It said:\n${result.output}`
}
