import type { EventEmitter } from 'node:events'

/** What a shell reports for a process that a signal ended: 128 + the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * `npm start` passes on the signals it gets, and Ctrl-C and systemd send theirs to npm and to us: one wish to stop
 * arrives twice, a few milliseconds apart. Nobody's second thought comes this soon.
 */
const ECHO_MS = 250

/**
 * Resolves when `signals` (that is: `process`) is first asked to stop, by SIGINT or SIGTERM.
 * When it is asked again, `exit` is called with the code that goes with the signal.
 */
export function waitForStopSignal(signals: EventEmitter, exit: (exitCode: number) => void): Promise<void> {
  return new Promise((resolve) => {
    let first: { signal: string; at: number } | undefined
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      signals.on(signal, () => {
        const at = performance.now()
        if (first === undefined) {
          first = { signal, at }
          resolve()
        } else if (signal !== first.signal || at - first.at > ECHO_MS) {
          exit(EXIT_CODES[signal])
        }
      })
    }
  })
}
