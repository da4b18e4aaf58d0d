import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

/** Milliseconds before each further try. */
const PAUSES = [250, 1_000, 2_500, 5_000]
/** A registry that asks for more patience than this is told to the user instead. */
const MAX_WAIT_MS = 60_000

const PASSING_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** What another try does not change: a name that is not known stays unknown, a certificate stays what it is. */
const LASTING_CODES = /^(ENOTFOUND|ERR_TLS|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_SSL|EPROTO)/

/** How often something that failed is tried again, and how long to wait before. Starts anew whenever it got further. */
export interface Tries {
  /** Waits before the next try. False when there were enough. @param retryAfter the header of an answer. */
  again(retryAfter?: string | undefined): Promise<boolean>
  /** There was progress: failures before it do not count. */
  reset(): void
}

/** @param signal ends a pause at once, which then throws `interrupted`. */
export function createTries(signal: AbortSignal | undefined): Tries {
  let failures = 0
  return {
    async again(retryAfter) {
      const pause = PAUSES[failures]
      failures += 1
      if (pause === undefined) return false
      const asked = waitOf(retryAfter)
      if (asked > MAX_WAIT_MS) return false
      try {
        await sleep(Math.max(pause, asked), undefined, { signal })
      } catch (cause) {
        throw new CliError('interrupted', { exitCode: EXIT.interrupted, cause })
      }
      return true
    },
    reset: () => {
      failures = 0
    },
  }
}

/** Whether an answer says "not now". */
export function isPassingStatus(status: number): boolean {
  return PASSING_STATUS.has(status)
}

/** Whether a failure may be gone with the next try: a connection that was lost, a registry that is being restarted. */
export function isPassingFailure(error: unknown): boolean {
  return error instanceof CliError && error.exitCode === EXIT.network && !LASTING_CODES.test(error.code ?? '')
}

const CONNECTION_LOST = 'CONNECTION_LOST'

/** An answer that broke off in its middle. Whoever reads it knows best where to go on. */
export function connectionLost(what: string, cause?: unknown): CliError {
  return new CliError(`the connection was lost while reading ${what}`, {
    exitCode: EXIT.network,
    code: CONNECTION_LOST,
    cause,
  })
}

/** Whether it is a {@link connectionLost}: other failures were tried again already, where they may pass. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof CliError && error.code === CONNECTION_LOST
}

/** Seconds, or a date (RFC 9110 §10.2.3), in milliseconds from now. */
function waitOf(retryAfter: string | undefined): number {
  if (retryAfter === undefined) return 0
  const milliseconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(milliseconds, 0) : 0
}
