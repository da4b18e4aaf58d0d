import type { MachineLimit } from '../machine/measure-machine.ts'
import type { Installed } from '../servers/bench-server.ts'
import { TooSlowToFill } from '../stock/fill.ts'
import { judge, ratio, significant, type Verdict } from './judge.ts'
import type { ColumnKey, MeasuredRow, Outcome } from './measure-workload.ts'
import { renderTable } from './render-table.ts'
import { median } from './statistics.ts'

const MIB = 1024 * 1024
const MAX_PEAK_MIB = 200

/** A product, and what stands above its column. */
export type Labelled = Pick<Installed, 'product' | 'label'>

interface Column {
  readonly key: ColumnKey
  readonly title: string
}

/**
 * The table of all workloads, what was wrong, and what it took. Bold is how many times as good Kontor is; for Kontor with
 * many times as much stored, how many times as much it costs.
 */
export function renderResults(rows: readonly MeasuredRow[], installed: readonly Labelled[]): string {
  const columns = columnsOf(rows, installed)
  const table = renderTable(
    ['workload', 'unit', ...columns.map(({ title }) => title), 'to reach'],
    rows.map((row) => [
      `${row.workload.title} (\`${row.workload.name}\`)`,
      row.workload.unit,
      ...columns.map(({ key }) => renderCell(row, key)),
      judge(row).map(renderVerdict).join('; ') || '–',
    ]),
  )
  return [table, renderErrors(rows, columns), renderNeeds(rows, columns)].filter((part) => part !== '').join('\n\n')
}

/** What the machine can do. */
export function renderMachine(limits: readonly MachineLimit[]): string {
  return renderTable(
    ['this machine', 'unit', 'median'],
    limits.map(({ what, unit, value }) => [what, unit, significant(value)]),
  )
}

/** One line for whoever is waiting. */
export function renderProgress(row: MeasuredRow, installed: readonly Labelled[]): string {
  const cells = columnsOf([row], installed).map(({ key, title }) => `${title} ${renderCell(row, key)}`)
  const verdicts = judge(row).map(renderVerdict).join('; ')
  return `${row.workload.name}: ${cells.join(', ')} ${row.workload.unit}; ${verdicts}`
}

/** Whether a whole run missed something or met an error. */
export function isAllReached(rows: readonly MeasuredRow[]): boolean {
  const verdicts = rows.flatMap((row) => [...judge(row), ...judgeMemory([row])])
  const isWhole = rows.every(({ outcomes }) => outcomes.get('kontor')?.kind === 'measured')
  return isWhole && verdicts.every(({ result }) => result !== 'MISSED')
}

function columnsOf(rows: readonly MeasuredRow[], installed: readonly Labelled[]): readonly Column[] {
  const others: readonly Column[] = [
    { key: 'kontor-many', title: 'Kontor with many' },
    { key: 'bare', title: 'bare node:http' },
  ]
  const columns = [...installed.map(({ product, label }): Column => ({ key: product, title: label })), ...others]
  return columns.filter(({ key }) => rows.some(({ outcomes }) => outcomes.has(key)))
}

function renderCell(row: MeasuredRow, key: ColumnKey): string {
  const outcome = row.outcomes.get(key)
  if (outcome === undefined) return row.workload.notOfferedBy?.some((product) => product === key) ? 'not offered' : '–'
  if (outcome.kind === 'failed') return isTooSlow(outcome) ? 'too slow to fill' : 'ERROR'
  const { values } = outcome
  const spread = `${significant(median(values))} (${significant(Math.min(...values))}–${significant(Math.max(...values))})`
  const times = key === 'kontor' ? undefined : ratio(row, 'kontor', key)
  return times === undefined ? spread : `${spread} **${significant(times)}×**`
}

function isTooSlow(outcome: Outcome): boolean {
  return outcome.kind === 'failed' && outcome.name === TooSlowToFill.name
}

function renderVerdict({ text, result }: Verdict): string {
  return result === 'unknown' ? `${text}: not comparable` : `${text} ${result}`
}

function renderErrors(rows: readonly MeasuredRow[], columns: readonly Column[]): string {
  const lines = rows.flatMap(({ workload, outcomes }) =>
    columns.flatMap(({ key, title }) => {
      const outcome = outcomes.get(key)
      return outcome?.kind === 'failed' ? [`- \`${workload.name}\`, ${title}: ${outcome.reason}`] : []
    }),
  )
  return lines.join('\n')
}

/** What each server needed: the most memory, and the processor for each answer. The first two columns are one process. */
function renderNeeds(rows: readonly MeasuredRow[], columns: readonly Column[]): string {
  const watched = columns.filter(({ key }) => key !== 'bare')
  const measured = rows.filter(isWatched)
  if (measured.length === 0) return ''
  const allPeaks = (key: ColumnKey) => Math.max(0, ...measured.map((row) => peakMib(row.outcomes.get(key)) ?? 0))
  return renderTable(
    ['peak memory, processor', ...watched.map(({ title }) => title), 'to reach'],
    [
      ...measured.map((row) => [
        `\`${row.workload.name}\``,
        ...watched.map(({ key }) => renderNeed(row, row.outcomes.get(key))),
        judgeMemory([row]).map(renderVerdict).join('; '),
      ]),
      [
        'the most',
        ...watched.map(({ key }) => `${significant(allPeaks(key))} MiB`),
        judgeMemory(rows).map(renderVerdict).join('; '),
      ],
    ],
  )
}

function renderNeed({ workload }: MeasuredRow, outcome: Outcome | undefined): string {
  const peak = peakMib(outcome)
  if (peak === undefined || outcome?.kind !== 'measured') return '–'
  const { processorShare, values } = outcome
  const processor =
    workload.unit === 'per s'
      ? `${significant((1e6 * processorShare) / median(values))} µs`
      : `${Math.round(100 * processorShare)} %`
  return `${significant(peak)} MiB, ${processor}`
}

function peakMib(outcome: Outcome | undefined): number | undefined {
  return outcome?.kind === 'measured' ? outcome.peakBytes / MIB : undefined
}

function judgeMemory(rows: readonly MeasuredRow[]): readonly Verdict[] {
  const peaks = rows
    .filter(isWatched)
    .flatMap(({ outcomes }) => [peakMib(outcomes.get('kontor')), peakMib(outcomes.get('kontor-many'))])
    .filter((peak) => peak !== undefined)
  if (peaks.length === 0) return []
  const peak = Math.max(...peaks)
  const text = `≤ ${MAX_PEAK_MIB} MiB: ${significant(peak)}`
  return [{ text, result: peak <= MAX_PEAK_MIB ? 'ok' : 'MISSED' }]
}

/** Servers that a workload starts for itself are looked at by the workload. */
function isWatched({ workload }: MeasuredRow): boolean {
  return workload.startsItself !== true
}
