import { spawn } from 'node:child_process'

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname

/** What was shown on a terminal, and how the program ended. */
export interface TerminalResult {
  readonly code: number
  /** As the screen got it, with `\n` for line ends and without control sequences. */
  readonly shown: string
}

/**
 * What to type once something is shown: each answer waits for its question, and may depend on all that was shown.
 */
export type Dialogue = readonly (readonly [question: string, answer: string | ((shown: string) => Promise<string>)])[]

// biome-ignore lint/complexity/useRegexLiterals: a literal may hold no control character
const CONTROL_SEQUENCE = new RegExp('\\u001b\\[[0-9;?]*[A-Za-z]', 'g')

/**
 * Runs a program on a terminal of its own, by util-linux' `script`. It is called by a shell, which must make room for the
 * program: dash would wait for it, and end by a ^C that the program itself outlives.
 */
export function runOnTerminal(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  dialogue: Dialogue = [],
): Promise<TerminalResult> {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return new Promise((resolve, reject) => {
    // CI never has anybody to ask.
    const child = spawn('script', ['-qefc', `exec ${quoted}`, '/dev/null'], {
      env: { ...env, CI: '', TERM: 'xterm' },
      stdio: 'pipe',
    })
    let shown = ''
    let read = 0
    const left = [...dialogue]
    child.stdout.on('data', (chunk) => {
      shown += chunk
      const [next] = left
      if (next === undefined || !shown.slice(read).includes(next[0])) return
      left.shift()
      read = shown.length
      if (typeof next[1] === 'string') child.stdin.write(next[1])
      else next[1](shown).then((answer) => child.stdin.write(answer), reject)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code: code ?? 1, shown: shown.replace(CONTROL_SEQUENCE, '').replace(/\r+\n/g, '\n') })
    })
  })
}

/** Runs `kontor …` on a terminal of some width. @param terminal.typed what is typed once it asks for something. */
export function runKontorOnTerminal(
  arguments_: readonly string[],
  terminal: { readonly env: NodeJS.ProcessEnv; readonly columns?: number; readonly typed?: string },
): Promise<TerminalResult> {
  const { env, columns = 80, typed } = terminal
  const sized = ['sh', '-c', `stty cols ${columns} rows 40; exec "$@"`, 'sh']
  const dialogue: Dialogue = typed === undefined ? [] : [[': ', `${typed}\n`]]
  return runOnTerminal([...sized, process.execPath, PROGRAM, ...arguments_], env, dialogue)
}
