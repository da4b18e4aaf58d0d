const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** A time in RFC 3339 as people say it: `3 days ago`, `in 2 hours`, `just now`; empty for none. */
export function ago(time: string | null | undefined, now: number): string {
  if (time === null || time === undefined) return ''
  const seconds = Math.round((now - Date.parse(time)) / 1000)
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? []
  if (unit === undefined || length === undefined) return 'just now'
  // What was made to last 90 days is not said to last 89 a moment later.
  const count = seconds > 0 ? Math.floor(seconds / length) : Math.round(-seconds / length)
  const said = `${count} ${unit}${count === 1 ? '' : 's'}`
  return seconds > 0 ? `${said} ago` : `in ${said}`
}
