import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const UNITS: Readonly<Record<string, number>> = {
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
}
const DATE = /^\d{4}-\d\d-\d\d(T.*)?$/

/**
 * Reads when something ends: after a time (`30d`, `12h`) or on a date (`2030-01-01`, or RFC 3339).
 * @param now milliseconds since the epoch.
 * @returns RFC 3339, in UTC.
 * @throws CliError usage
 */
export function parseExpiry(text: string, now: number): string {
  const [, count, unit = ''] = /^(\d{1,5})([mhdwy])$/.exec(text) ?? []
  const length = UNITS[unit]
  const end = count !== undefined && length !== undefined ? now + Number(count) * length : parseDate(text)
  if (end > now) return new Date(end).toISOString()
  const reason = Number.isNaN(end) ? 'is no time' : 'is not in the future'
  throw new CliError(`--expires ${text} ${reason}`, {
    exitCode: EXIT.usage,
    hint: 'write it as 30d, 12h or 2030-01-01 (m, h, d, w and y are minutes to years)',
  })
}

function parseDate(text: string): number {
  return DATE.test(text) ? Date.parse(text) : Number.NaN
}
