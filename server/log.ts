import { type DestinationStream, destination, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino'
import { hideSecrets } from './access/secret-text.ts'

/** The server's log. Events are objects with a short message; they never hold headers, bodies or queries (S29). */
export type Log = Logger

/** A log and the way to get its last lines out. */
export interface OpenLog {
  readonly log: Log
  /** Writes what is still in memory. */
  close(): void
}

/** Lines are written together for so long, or until there are so many characters of them. */
const GATHER_MS = 50
const GATHER_LENGTH = 8192

/** Opens the log on standard output. */
export function openLog(options: { readonly level: string; readonly format: 'json' | 'pretty' }): OpenLog {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // Paths are logged, and some put their token where a name belongs.
    hooks: { streamWrite: hideSecrets },
    // A net under the rule above: whatever slips in under these names does not get out.
    redact: ['*.password', '*.authorization', '*.token', '*.secret', '*.cookie', 'password', 'authorization', 'token'],
  }
  if (options.format === 'pretty') return { log: pino(settings, prettyOutput()), close() {} }
  const gathered = gatherLines()
  return { log: pino(settings, gathered), close: gathered.close }
}

/**
 * Standard output. The first line after a quiet moment is handed on at once, what follows closely is handed on together:
 * each write wakes the thread that does it and the reader, a seventh of what a search costs the thread that serves all.
 */
function gatherLines(): DestinationStream & { close(): void } {
  // Nobody waits for the reader of a pipe.
  const output = destination({ sync: false })
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  function handOn(): void {
    if (waiting !== '') output.write(waiting)
    waiting = ''
  }
  function close(): void {
    process.off('exit', close)
    handOn()
    output.flushSync()
  }
  // What is said last before a crash is what one wants to read.
  process.once('exit', close)
  return {
    close,
    write(line) {
      waiting += line
      if (timer !== undefined && waiting.length < GATHER_LENGTH) return
      handOn()
      timer ??= setTimeout(() => {
        timer = undefined
        handOn()
      }, GATHER_MS).unref()
    },
  }
}

/** One readable line an event: time, level, message, and the rest as `key=value`. */
function prettyOutput(): DestinationStream {
  return {
    write(line) {
      const { time, level, msg, ...rest } = JSON.parse(line) as Record<string, unknown>
      const details = Object.entries(rest).map(
        ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      process.stdout.write(`${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${[msg, ...details].join('  ')}\n`)
    },
  }
}
