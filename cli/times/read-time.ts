import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}
const SPAN = /^(?:\d+[smhdw])+$/
const PART = /(\d+)([smhdw])/g
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_AND_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/

/**
 * A time that has been, as the API takes it: `2h` (ago), `1d12h`, `2030-01-31`, `2030-01-31T12:00:00Z`. Without a zone it is
 * this machine's.
 * @param now milliseconds since the epoch.
 * @throws CliError usage
 */
export function readPastTime(text: string, now: number): string {
  return readTime(text, now, -1)
}

/** A time to come: `90d` (from now), or as in {@link readPastTime}. @throws CliError usage */
export function readFutureTime(text: string, now: number): string {
  return readTime(text, now, 1)
}

function readTime(text: string, now: number, direction: 1 | -1): string {
  const time = SPAN.test(text) ? now + direction * spanMs(text) : readMoment(text)
  const date = new Date(time)
  if (!Number.isNaN(date.getTime()) && date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999)
    return date.toISOString()
  throw new CliError(`${JSON.stringify(text.slice(0, 100))} is no time`, {
    exitCode: EXIT.usage,
    hint: 'write it as 30m, 2h, 7d, 2030-01-31 or 2030-01-31T12:00:00Z',
  })
}

function spanMs(text: string): number {
  let sum = 0
  for (const [, count, unit = ''] of text.matchAll(PART)) sum += Number(count) * (UNIT_MS[unit] ?? 0)
  return sum
}

function readMoment(text: string): number {
  if (DATE.test(text)) return Date.parse(`${text}T00:00:00`)
  return DATE_AND_TIME.test(text) ? Date.parse(text) : Number.NaN
}
