import type { Terminal } from '../terminal/terminal.ts'
import { type Column, shownText } from './column.ts'
import { cutToWidth, displayWidth, harmless } from './display-width.ts'

const GAP = '   '
/** A column that must give way keeps this many cells. */
const LEAST_CELLS = 8

/**
 * Rows as lines of a table, no longer than the terminal is wide unless nothing may be cut off: first columns give way
 * that can, then the last ones are left out.
 */
export function renderTable<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  options: {
    readonly terminal: Pick<Terminal, 'columns' | 'paint'>
    readonly isWhole: boolean
    /** Whether the rows stand below others of the same list: no headings then. */
    readonly isContinued?: boolean
  },
): string[] {
  const { terminal, isWhole, isContinued = false } = options
  const possible = all.filter(({ fromCells = 0 }) => isWhole || terminal.columns() >= fromCells)
  const cells = rows.map((row) => possible.map((column) => harmless(shownText(column, row))))
  const wanted = possible.map(({ heading, leastCells = 0 }, index) =>
    cells.reduce(
      (widest, line) => Math.max(widest, displayWidth(line[index] ?? '')),
      Math.max(heading.length, leastCells),
    ),
  )
  const widths = isWhole ? wanted : widthsThatFit(wanted, possible, terminal.columns())
  const columns = possible.slice(0, widths.length)

  const line = (texts: readonly string[], paint: (text: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0
        const cut = isWhole ? text : cutToWidth(text, width)
        const space = ' '.repeat(Math.max(width - displayWidth(cut), 0))
        const painted = paint(cut, index)
        return columns[index]?.align === 'right' ? space + painted : painted + space
      })
      .join(GAP)
      .trimEnd()

  const headings = columns.map(({ heading }) => heading)
  return [
    ...(isContinued ? [] : [line(headings, (text) => terminal.paint('heading', text))]),
    ...rows.map((row, at) =>
      line((cells[at] ?? []).slice(0, columns.length), (text, index) => {
        const style = columns[index]?.style?.(row)
        return style === undefined ? text : terminal.paint(style, text)
      }),
    ),
  ]
}

/** The widths of as many columns as fit; the first is always among them, if need be cut off. */
function widthsThatFit<Row>(
  wanted: readonly number[],
  columns: readonly Column<Row>[],
  available: number,
): readonly number[] {
  for (let count = wanted.length; count > 1; count -= 1) {
    const widths = wanted.slice(0, count)
    shrink(widths, columns.slice(0, count), available)
    if (totalOf(widths) <= available) return widths
  }
  return wanted.slice(0, 1).map((width) => Math.min(width, available))
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1)
}

/** Takes what is too much from the columns that may be cut off, the widest first. */
function shrink<Row>(widths: number[], columns: readonly Column<Row>[], available: number): void {
  const total = () => totalOf(widths)
  const elastic = columns.flatMap(({ isElastic }, index) => (isElastic ? [index] : []))
  while (total() > available) {
    const widest = elastic.reduce<number | undefined>(
      (best, index) => (best === undefined || (widths[index] ?? 0) > (widths[best] ?? 0) ? index : best),
      undefined,
    )
    if (widest === undefined || (widths[widest] ?? 0) <= LEAST_CELLS) return
    widths[widest] = Math.max((widths[widest] ?? 0) - Math.max(total() - available, 1), LEAST_CELLS)
  }
}
