import type { Terminal } from '../terminal/terminal.ts'
import { type Column, shownText } from './column.ts'
import { cutToWidth, displayWidth, harmless } from './display-width.ts'

const GAP = '   '
/** A column that must give way keeps this many cells. */
const LEAST_CELLS = 8

/** Rows as lines of a table, no longer than the terminal is wide unless nothing may be cut off. */
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
  const columns = all.filter(({ fromCells = 0 }) => isWhole || terminal.columns() >= fromCells)
  const cells = rows.map((row) => columns.map((column) => harmless(shownText(column, row))))
  const widths = columns.map(({ heading, leastCells = 0 }, index) =>
    Math.max(heading.length, leastCells, ...cells.map((line) => displayWidth(line[index] ?? ''))),
  )
  if (!isWhole) shrink(widths, columns, terminal.columns())

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
      line(cells[at] ?? [], (text, index) => {
        const style = columns[index]?.style?.(row)
        return style === undefined ? text : terminal.paint(style, text)
      }),
    ),
  ]
}

/** Takes what is too much from the columns that may be cut off, the widest first. */
function shrink<Row>(widths: number[], columns: readonly Column<Row>[], available: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1)
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
