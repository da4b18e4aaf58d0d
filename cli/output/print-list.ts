import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { type Column, shownText, valueText } from './column.ts'
import { harmless, harmlessLines, wrapWords } from './display-width.ts'
import { renderTable } from './table.ts'
import { parseTemplate } from './template.ts'

/** How a list is asked for: the flags that every list has. */
export interface ListOptions {
  /** `table`, `json`, `jsonl`, `csv`, or a template; undefined: a table on a terminal, else tab-separated. */
  readonly format?: string
  /** Only what each row is called, one in a line. */
  readonly quiet?: boolean
  /** Nothing is cut off. */
  readonly trunc?: boolean
  /** `key=value`, any number; all must hold. */
  readonly filter?: readonly string[]
  /** A key; `-` before it turns the order round. */
  readonly sort?: string
  readonly limit?: number
  readonly all?: boolean
}

export const DEFAULT_LIMIT = 50
/** Where there is less beside the name of a field, its lines are left to the terminal. */
const LEAST_CELLS = 20

/**
 * Reads as many rows as are asked for, and prints them as they are asked for.
 * @param list.name what a row is called, for `--quiet`.
 * @param list.items what the rows are, for the line below a list that is cut off: `repositories`.
 * @param list.none what is said on a terminal where there are none, if that is not all.
 * @throws CliError for a format, filter or order that there is not.
 */
export async function printList<Row>(
  terminal: Terminal,
  list: {
    readonly rows: AsyncIterable<Row>
    readonly columns: readonly Column<Row>[]
    readonly name: (row: Row) => string
    readonly items: string
    readonly none?: string | undefined
  },
  options: ListOptions,
  now: number = Date.now(),
): Promise<void> {
  const { columns, name, items, none = `there are no ${items}` } = list
  const isWanted = parseFilters(columns, options.filter ?? [])
  const compare = parseSort(columns, options.sort)
  const print = choosePrinter(terminal, columns, name, options, now)
  const limit = options.all ? Number.POSITIVE_INFINITY : (options.limit ?? DEFAULT_LIMIT)

  const rows: Row[] = []
  let isCut = false
  for await (const row of list.rows) {
    if (!isWanted(row)) continue
    // What is to be sorted must be read to its end; what is not is read no further than it is shown.
    if (compare === undefined && rows.length === limit) {
      isCut = true
      break
    }
    rows.push(row)
  }
  if (compare !== undefined) {
    rows.sort(compare)
    isCut = rows.length > limit
  }
  const shown = rows.slice(0, limit === Number.POSITIVE_INFINITY ? undefined : limit)
  print(shown)
  if (isCut)
    terminal.note(
      `there are more ${items} than ${shown.length === 1 ? 'this one' : `these ${shown.length}`}; --all lists them`,
    )
  else if (rows.length === 0 && terminal.isOutputShown) terminal.note(none)
}

/**
 * Makes the function that prints rows as they come, for who watches: parts of one list, with one heading.
 * @param list.name what a row is called, for `--quiet`.
 * @throws CliError for a format or filter that there is not, and for what needs to know the end of the list.
 */
export function openRowPrinter<Row>(
  terminal: Terminal,
  list: { readonly columns: readonly Column<Row>[]; readonly name: (row: Row) => string },
  options: ListOptions,
): (rows: readonly Row[]) => void {
  const { columns, name } = list
  if (options.format === 'json' || options.sort !== undefined) {
    throw new CliError('what has no end is neither sorted nor one piece of JSON', {
      exitCode: EXIT.usage,
      hint: 'take --format jsonl, and no --sort',
    })
  }
  const isWanted = parseFilters(columns, options.filter ?? [])
  choosePrinter(terminal, columns, name, options, Date.now())
  let isContinued = false
  return (rows) => {
    const wanted = rows.filter(isWanted)
    if (wanted.length === 0) return
    choosePrinter(terminal, columns, name, options, Date.now(), isContinued)(wanted)
    isContinued = true
  }
}

/** Prints one thing: for people as a list of its fields, for scripts as JSON or by a template. */
export function printOne<Row>(
  terminal: Terminal,
  row: Row,
  fields: readonly Column<Row>[],
  options: Pick<ListOptions, 'format'>,
  now: number = Date.now(),
): void {
  const { format } = options
  if (format === 'json') printText(terminal, JSON.stringify(row, undefined, 2))
  else if (format === 'jsonl') printText(terminal, JSON.stringify(row))
  else if (format === 'csv') printCsv(terminal, fields, [row])
  else if (format !== undefined && format !== 'table') printText(terminal, readTemplate(format, now)(row))
  else if (!terminal.isOutputShown) printTabs(terminal, fields, [row])
  else {
    const width = Math.max(...fields.map(({ heading }) => heading.length))
    const room = terminal.columns() - width - 2
    for (const field of fields) {
      const lines = shownText(field, row)
        .split('\n')
        .flatMap((line) => (room < LEAST_CELLS ? [harmless(line)] : wrapWords(harmless(line), room)))
      const text = lines.join(`\n${' '.repeat(width + 2)}`)
      if (text !== '') terminal.print(`${terminal.paint('heading', field.heading.padEnd(width))}  ${text}`)
    }
  }
}

type Print<Row> = (rows: readonly Row[]) => void

function choosePrinter<Row>(
  terminal: Terminal,
  columns: readonly Column<Row>[],
  name: (row: Row) => string,
  { format, quiet, trunc }: ListOptions,
  now: number,
  isContinued = false,
): Print<Row> {
  const printLines = (line: (row: Row) => string) => (rows: readonly Row[]) => {
    for (const row of rows) printText(terminal, line(row))
  }
  if (quiet) return printLines(name)
  if (format === undefined && !terminal.isOutputShown) return (rows) => printTabs(terminal, columns, rows)
  switch (format) {
    case undefined:
    case 'table':
      return (rows) => {
        if (rows.length === 0) return
        for (const line of renderTable(columns, rows, { terminal, isWhole: trunc === false, isContinued })) {
          terminal.print(line)
        }
      }
    case 'json':
      return (rows) => printText(terminal, JSON.stringify(rows, undefined, 2))
    case 'jsonl':
      return printLines((row) => JSON.stringify(row))
    case 'csv':
      return (rows) => printCsv(terminal, columns, rows, isContinued)
    default:
      return printLines(readTemplate(format, now))
  }
}

function readTemplate(format: string, now: number) {
  if (format.includes('{{')) return parseTemplate(format, now)
  throw new CliError(`there is no format ${format}`, {
    exitCode: EXIT.usage,
    hint: "use table, json, jsonl, csv or a template such as '{{.Name}}'",
  })
}

/** What a server has said goes into a pipe as it is, and on a terminal without what would steer it. */
function printText(terminal: Terminal, text: string): void {
  terminal.print(terminal.isOutputShown ? harmlessLines(text) : text)
}

/** One line a row, no heading: for `cut -f`, `awk` and `while read`. A tab or a line's end within a value becomes a space. */
function printTabs<Row>(terminal: Terminal, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  for (const row of rows) {
    terminal.print(columns.map((column) => valueText(column.value(row)).replace(/[\t\r\n]/g, ' ')).join('\t'))
  }
}

/** RFC 4180, with a heading; what a spreadsheet would take for a formula gets an apostrophe before it. */
function printCsv<Row>(
  terminal: Terminal,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  isContinued = false,
): void {
  const cell = (text: string) => {
    const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
  }
  if (!isContinued) terminal.print(columns.map(({ key }) => key).join(','))
  for (const row of rows) printText(terminal, columns.map((column) => cell(valueText(column.value(row)))).join(','))
}

function parseFilters<Row>(columns: readonly Column<Row>[], filters: readonly string[]): (row: Row) => boolean {
  const tests = filters.map((filter) => {
    const [, key = '', wanted = ''] = /^([^=]+)=(.*)$/s.exec(filter) ?? []
    const column = columnOf(columns, key, `--filter ${filter}`)
    return (row: Row) => valueText(column.value(row)) === wanted
  })
  return (row) => tests.every((test) => test(row))
}

function parseSort<Row>(columns: readonly Column<Row>[], sort: string | undefined) {
  if (sort === undefined) return undefined
  const isReversed = sort.startsWith('-')
  const column = columnOf(columns, isReversed ? sort.slice(1) : sort, `--sort ${sort}`)
  const sign = isReversed ? -1 : 1
  return (one: Row, other: Row) => {
    const [a, b] = [column.value(one) ?? '', column.value(other) ?? '']
    if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
    return sign * (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0)
  }
}

function columnOf<Row>(columns: readonly Column<Row>[], key: string, said: string): Column<Row> {
  const column = columns.find((one) => one.key.toLowerCase() === key.toLowerCase())
  if (column !== undefined) return column
  throw new CliError(`${said}: there is no such column`, {
    exitCode: EXIT.usage,
    hint: `columns are ${columns.map((one) => one.key).join(', ')}`,
  })
}
