import type { Style } from '../terminal/terminal.ts'

/** One column of a table. The rows themselves are what the API answered: `json` and templates show them whole. */
export interface Column<Row> {
  /** In capitals, as docker has it: `TAG`. */
  readonly heading: string
  /** What `--sort`, `--filter` and CSV call it: the API's own name for it. */
  readonly key: string
  /** For scripts: whole numbers, times in RFC 3339, nothing cut off. */
  value(row: Row): string | number | boolean | null
  /** For people: `3 days ago`, `12.4 MB`; the value itself unless told. */
  show?(row: Row): string
  readonly style?: (row: Row) => Style | undefined
  readonly align?: 'right'
  /** May be cut off in the middle where the line is too short: digests, descriptions. */
  readonly isElastic?: true
  /** Left out of tables on a terminal of fewer cells than this, unless nothing may be cut off. */
  readonly fromCells?: number
  /** At least as wide as this, so that rows which come one after another stand below each other. */
  readonly leastCells?: number
}

/** What is shown of a row in a column, for people. */
export function shownText<Row>(column: Column<Row>, row: Row): string {
  return column.show?.(row) ?? valueText(column.value(row))
}

/** A value as text; nothing for what is absent. */
export function valueText(value: string | number | boolean | null): string {
  return value === null ? '' : String(value)
}
