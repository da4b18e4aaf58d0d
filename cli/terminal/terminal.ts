import { styleText } from 'node:util'

/** What colours mean here; never the only thing that says it. */
export type Style = 'heading' | 'good' | 'bad' | 'warning' | 'faint' | 'strong'

const STYLES = {
  heading: ['bold'],
  good: ['green'],
  bad: ['red'],
  warning: ['yellow'],
  faint: ['dim'],
  strong: ['bold'],
} as const satisfies Record<Style, readonly Parameters<typeof styleText>[0][]>

/** Where a command writes and what it may assume of who reads. Data goes to stdout, everything else to stderr. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  /** Whether a person reads stdout: a table then, otherwise columns apart by tabs. */
  readonly isOutputShown: boolean
  /** Whether a person reads stderr: bars move then. */
  readonly isProgressShown: boolean
  /** Whether somebody can be asked: never in a pipe, and never in CI. */
  readonly canAsk: boolean
  /** Aborted by ^C, except within a question: that ends by itself. */
  readonly interruption: AbortSignal
  /** Characters in a line of stdout. */
  columns(): number
  /** Text in a colour, where the stream is a terminal and `NO_COLOR` is not set. */
  paint(style: Style, text: string, stream?: 'stdout' | 'stderr'): string
  /** A line of data. */
  print(line: string): void
  /** A line for whoever watches. */
  note(line: string): void
}

const DEFAULT_COLUMNS = 80

/** The terminal of this process. @param interruption aborted by ^C. */
export function openTerminal(
  source: Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr'>,
  interruption: AbortSignal,
): Terminal {
  const { env, stdin, stdout, stderr } = source
  // https://no-color.org: present and not empty, whatever it says.
  const isPlain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  const isColoured = { stdout: stdout.isTTY === true && !isPlain, stderr: stderr.isTTY === true && !isPlain }
  return {
    env,
    stdin,
    stdout,
    stderr,
    isOutputShown: stdout.isTTY === true,
    isProgressShown: stderr.isTTY === true && env['TERM'] !== 'dumb',
    canAsk: stdin.isTTY === true && stderr.isTTY === true && !isContinuousIntegration(env),
    interruption,
    // A terminal that does not know its size says 0.
    columns: () => stdout.columns || DEFAULT_COLUMNS,
    paint: (style, text, stream = 'stdout') =>
      isColoured[stream] ? styleText([...STYLES[style]], text, { validateStream: false }) : text,
    print: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
  }
}

/** Every CI sets it, and says so by anything but `false`. */
function isContinuousIntegration(env: Terminal['env']): boolean {
  return env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false'
}
