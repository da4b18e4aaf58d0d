import { clearScreenDown, cursorTo, moveCursor } from 'node:readline'
import { cutToWidth, displayWidth } from '../output/display-width.ts'
import { size } from '../output/size.ts'
import type { Terminal } from './terminal.ts'

/** How progress is shown: bars on a terminal and lines elsewhere, lines, or nothing. */
export type ProgressMode = 'auto' | 'plain' | 'none'

/** What one transfer of bytes tells of itself. */
export interface ProgressBar {
  /** Bytes that are where they should be, of all. */
  moveTo(bytes: number): void
  /** It is done, or given up; its bytes still count. */
  end(): void
}

/** What a command with several transfers shows of them. */
export interface Progress {
  /** @param bytes in all; undefined when nobody knows. */
  add(name: string, bytes: number | undefined): ProgressBar
  /** Takes the bars away, and says in one line what was done: `copied 5 blobs (12MB) in 3 s`. */
  finish(summary: string): void
  /** Takes the bars away; what there is to say, an error says. */
  abandon(): void
}

/** At most ten times a second: more is neither seen nor free. */
const REDRAW_MS = 100
const DEFAULT_ROWS = 24
const MOST_BAR_CELLS = 30
const LEAST_BAR_CELLS = 5

interface Shown {
  readonly name: string
  readonly total: number | undefined
  bytes: number
  /** Bytes that were there at the beginning of this call: no speed. */
  first: number | undefined
}

/**
 * Opens the display of a command's transfers.
 * @param title what is being done: `copying acme/web:1.2`. Said at the start where no bars are shown.
 */
export function openProgress(terminal: Terminal, mode: ProgressMode, title: string, now = Date.now): Progress {
  const { stderr } = terminal
  const startedAt = now()
  const finish = (summary: string) => {
    if (mode !== 'none') terminal.note(`${summary} in ${duration(now() - startedAt)}`)
  }
  if (mode !== 'auto' || !terminal.isProgressShown) {
    if (mode !== 'none') terminal.note(title)
    return { add: () => ({ moveTo: () => {}, end: () => {} }), finish, abandon: () => {} }
  }

  const bars = new Set<Shown>()
  let drawn: readonly string[] = []
  let isStale = true
  const timer = setInterval(draw, REDRAW_MS)
  // What hangs should be ended by its own limits, not be kept alive by its display.
  timer.unref()

  function draw(): void {
    if (!isStale) return
    isStale = false
    erase()
    // A terminal that does not know its size says 0.
    const columns = stderr.columns || terminal.columns()
    // The last line of the screen is left for the cursor.
    const room = Math.max((stderr.rows || DEFAULT_ROWS) - 2, 1)
    const all = [...bars]
    const shown = all.length <= room ? all : all.slice(0, Math.max(room - 1, 1))
    const lines = [cutToWidth(title, columns - 1), ...shown.map((bar) => barLine(bar, columns - 1, now() - startedAt))]
    if (shown.length < all.length && room > 1)
      lines.push(cutToWidth(`… and ${all.length - shown.length} more`, columns - 1))
    stderr.write(lines.map((line) => `${line}\n`).join(''))
    drawn = lines
  }

  function erase(): void {
    if (drawn.length === 0) return
    // In a window that has been made narrower since, what was a line takes several.
    const columns = stderr.columns || terminal.columns()
    const rows = drawn.reduce((sum, line) => sum + Math.max(Math.ceil(displayWidth(line) / columns), 1), 0)
    // The cursor is behind what was typed meanwhile, such as ^C.
    cursorTo(stderr, 0)
    moveCursor(stderr, 0, -rows)
    clearScreenDown(stderr)
    drawn = []
  }

  function close(): void {
    clearInterval(timer)
    stderr.off('resize', redraw)
    erase()
  }

  function redraw(): void {
    isStale = true
  }

  stderr.on('resize', redraw)
  return {
    add(name, total) {
      const bar: Shown = { name, total, bytes: 0, first: undefined }
      bars.add(bar)
      isStale = true
      return {
        moveTo(bytes) {
          bar.first ??= bytes
          bar.bytes = bytes
          isStale = true
        },
        end() {
          bars.delete(bar)
          isStale = true
        },
      }
    },
    finish(summary) {
      close()
      finish(summary)
    },
    abandon: close,
  }
}

/** One transfer in one line that is not longer than the terminal is wide. */
export function barLine(
  {
    name,
    total,
    bytes,
    first = 0,
  }: { name: string; total: number | undefined; bytes: number; first?: number | undefined },
  columns: number,
  elapsedMs: number,
): string {
  const speed = elapsedMs < 1000 ? '' : `  ${size(((bytes - first) * 1000) / elapsedMs)}/s`
  const share = total === undefined ? undefined : total === 0 ? 1 : Math.min(bytes / total, 1)
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`.padStart(4)
  const counts = total === undefined ? size(bytes) : `${size(bytes).padStart(6)}/${size(total)}`
  // What is least needed goes first where the line is short.
  const choices = [`${percent}  ${counts}${speed}`, `${percent}  ${counts}`, percent]
  for (const text of choices) {
    const cells = columns - displayWidth(name) - displayWidth(text) - 5
    if (share !== undefined && cells >= LEAST_BAR_CELLS) return `${name}  ${drawBar(share, cells)} ${text}`
    if (share === undefined && cells >= 0) return `${name}  ${text.trimStart()}`
  }
  return cutToWidth(`${name} ${percent.trim()}`, columns)
}

function drawBar(share: number, room: number): string {
  const cells = Math.min(room, MOST_BAR_CELLS)
  const full = Math.floor(share * cells)
  const head = full < cells ? '>' : ''
  return `[${'='.repeat(full)}${head}${' '.repeat(cells - full - head.length)}]`
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
