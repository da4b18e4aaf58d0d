import { spawn } from 'node:child_process'
import { withoutSettings } from '../../support/kontor.ts'

const PROGRAM = new URL('../../../bin/kontor.cjs', import.meta.url).pathname

/** `kontor scrub`, as an operator calls it. */
export interface ScrubCommand {
  /** Its exit code, or the signal that ended it, once all of its output is read. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** What it wrote so far. */
  stdout(): string
  stderr(): string
  signal(signal: NodeJS.Signals): void
}

export function startScrub(dataDir: string, ...args: readonly string[]): ScrubCommand {
  const child = spawn(process.execPath, [PROGRAM, 'scrub', '--data-dir', dataDir, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withoutSettings(process.env),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(signal ?? code ?? Number.NaN))
    }),
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (signal) => void child.kill(signal),
  }
}

/** Every damaged digest that it named, each with the lines below it. */
export function readDamages(stdout: string): ReadonlyMap<string, readonly string[]> {
  const damages = new Map<string, string[]>()
  let uses: string[] = []
  for (const line of stdout.split('\n').filter((each) => each !== '')) {
    if (line.startsWith('  ')) uses.push(line.trim())
    else {
      uses = []
      damages.set(line.split(' ')[0] ?? '', uses)
    }
  }
  return damages
}
