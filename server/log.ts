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
  // Lines are handed over without waiting for the reader of a pipe.
  const output = destination({ sync: false })
  return { log: pino(settings, output), close: () => output.flushSync() }
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
