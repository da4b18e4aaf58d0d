import type { SearchFilters } from '../../storage/metadata/search-index.ts'
import { SearchRefusal } from './search-refusal.ts'

const DAY_MS = 86_400_000

const UNITS_MS: Readonly<Record<string, number>> = {
  h: DAY_MS / 24,
  d: DAY_MS,
  w: 7 * DAY_MS,
  m: 30 * DAY_MS,
  y: 365 * DAY_MS,
}

const COMPARISON = /^(<=|>=|<|>|)(.*)$/s

const HOW_TO_STARS = 'write stars:3, stars:>3, stars:>=3, stars:<3, stars:<=3 or stars:3..9'

const HOW_TO_PUSHED =
  'write pushed:<30d for less than 30 days ago (also h, w, m and y), pushed:>1y for longer ago, or dates: ' +
  'pushed:2026-01-31, pushed:>2026-01-31, pushed:2026-01-01..2026-01-31'

/**
 * Reads how many stars: `3`, `>3`, `>=3`, `<3`, `<=3`, `3..9`, `3..`, `..9`.
 * @throws SearchRefusal
 */
export function parseStarRange(value: string): Pick<SearchFilters, 'minStars' | 'maxStars'> {
  const range = splitRange(value)
  if (range !== undefined) {
    const [min, max] = range.map((end) => (end === '' ? undefined : starCount(value, end)))
    return { minStars: min, maxStars: max }
  }
  const [, comparison = '', number = ''] = COMPARISON.exec(value) ?? []
  const count = starCount(value, number)
  switch (comparison) {
    case '>':
      return { minStars: count + 1 }
    case '>=':
      return { minStars: count }
    case '<':
      return { maxStars: count - 1 }
    case '<=':
      return { maxStars: count }
    default:
      return { minStars: count, maxStars: count }
  }
}

/**
 * Reads when something was pushed: an age (`<30d`, `>1y`; without a sign it is `<`) or a day in UTC (`2026-01-31`, `>…`,
 * `>=…`, `<…`, `<=…`, `…..…`).
 * @param now milliseconds since the epoch, from which ages count back.
 * @throws SearchRefusal
 */
export function parseTimeRange(value: string, now: number): Pick<SearchFilters, 'pushedSince' | 'pushedBefore'> {
  const range = splitRange(value)
  if (range !== undefined) {
    const [first, last] = range.map((end) => (end === '' ? undefined : startOfDay(value, end)))
    return { pushedSince: first, pushedBefore: last === undefined ? undefined : last + DAY_MS }
  }
  const [, comparison = '', rest = ''] = COMPARISON.exec(value) ?? []
  const ageMs = readAge(rest)
  if (ageMs !== undefined) {
    return comparison.startsWith('>') ? { pushedBefore: now - ageMs } : { pushedSince: now - ageMs }
  }
  const day = startOfDay(value, rest)
  switch (comparison) {
    case '>':
      return { pushedSince: day + DAY_MS }
    case '>=':
      return { pushedSince: day }
    case '<':
      return { pushedBefore: day }
    case '<=':
      return { pushedBefore: day + DAY_MS }
    default:
      return { pushedSince: day, pushedBefore: day + DAY_MS }
  }
}

/** The two ends of a range, of which one may be open; undefined for what is none. */
function splitRange(value: string): [string, string] | undefined {
  const [first = '', last = '', ...more] = value.split('..')
  if (!value.includes('..') || more.length > 0 || first + last === '') return undefined
  return [first, last]
}

function starCount(value: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw refusal('stars', value, HOW_TO_STARS)
}

/** Milliseconds; undefined for what is no age. At most some thousand years: a time before all is still a time. */
function readAge(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,4})([hdwmy])$/i.exec(text) ?? []
  const unitMs = UNITS_MS[unit.toLowerCase()]
  return number === undefined || unitMs === undefined ? undefined : Number(number) * unitMs
}

function startOfDay(value: string, text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // Some parsers take the 31st of February for a day in March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text)
    throw refusal('pushed', value, HOW_TO_PUSHED)
  return time
}

function refusal(qualifier: string, value: string, howTo: string): SearchRefusal {
  return new SearchRefusal('QUERY_INVALID', `${qualifier}:${value.slice(0, 50)} is no such range; ${howTo}`)
}
