import type { Page } from '../page.ts'

/** Makes a page of rows that were read with a limit of one more than asked for: the extra row says that more follow. */
export function toPage<Row, T>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
  keyOf: (row: Row) => string,
): Page<T> {
  const shown = rows.length > limit ? rows.slice(0, limit) : rows
  const last = shown.at(-1)
  return {
    items: shown.map(toItem),
    next: rows.length > limit && last !== undefined ? keyOf(last) : undefined,
  }
}

/** The identity that a page of a list in order of identity goes on from; undefined, the list's beginning, for anything else. */
export function readIdCursor(after: string | undefined): number | undefined {
  return after !== undefined && /^[1-9][0-9]{0,15}$/.test(after) ? Number(after) : undefined
}
