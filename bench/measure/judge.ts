import type { Product } from '../servers/bench-server.ts'
import type { Target, Unit } from '../workloads/workload.ts'
import type { ColumnKey, MeasuredRow } from './measure-workload.ts'
import { median } from './statistics.ts'

/** Whether a target was reached. */
export interface Verdict {
  /** What was to be reached, and what was. */
  readonly text: string
  /** `unknown` when something it is compared with is not here or failed. */
  readonly result: 'ok' | 'MISSED' | 'unknown'
}

const OTHER_PEERS: readonly Product[] = ['distribution-2', 'zot']

/** Compares what came out with all that must be reached. */
export function judge(row: MeasuredRow): readonly Verdict[] {
  return row.workload.targets.flatMap((target) => judgeTarget(row, target))
}

function judgeTarget(row: MeasuredRow, target: Target): readonly Verdict[] {
  switch (target.kind) {
    case 'ratio':
      return [
        verdict(
          `≥ ${target.atLeast}× v3`,
          ratio(row, 'kontor', 'distribution-3'),
          '×',
          (value) => value >= target.atLeast,
        ),
        ...OTHER_PEERS.filter((peer) => row.outcomes.has(peer)).map((peer) =>
          verdict(`> ${peer === 'zot' ? 'zot' : '2.8'}`, ratio(row, 'kontor', peer), '×', (value) => value > 1),
        ),
      ]
    case 'of-bare':
      return [
        verdict(
          `≥ ${target.percent} % of bare`,
          percent(ratio(row, 'kontor', 'bare')),
          ' %',
          (value) => value >= target.percent,
        ),
      ]
    case 'flat':
      return [
        verdict(
          `cost with many ≤ ${target.atMost}×`,
          ratio(row, 'kontor', 'kontor-many'),
          '×',
          (value) => value <= target.atMost,
        ),
      ]
    case 'at-least':
      return [verdict(`≥ ${target.value}`, lastValue(row), '', (value) => value >= target.value)]
    case 'at-most':
      return [verdict(`≤ ${target.value}`, lastValue(row), '', (value) => value <= target.value)]
  }
}

function verdict(
  wanted: string,
  reached: number | undefined,
  unit: string,
  isEnough: (value: number) => boolean,
): Verdict {
  if (reached === undefined) return { text: wanted, result: 'unknown' }
  return { text: `${wanted}: ${significant(reached)}${unit}`, result: isEnough(reached) ? 'ok' : 'MISSED' }
}

/** The median in one place of a row; undefined when nothing was measured there. */
export function medianOf(row: MeasuredRow, key: ColumnKey): number | undefined {
  const outcome = row.outcomes.get(key)
  return outcome?.kind === 'measured' ? median(outcome.values) : undefined
}

/** How many times as good one is as the other. */
export function ratio(row: MeasuredRow, one: ColumnKey, other: ColumnKey): number | undefined {
  const [first, second] = [medianOf(row, one), medianOf(row, other)]
  if (first === undefined || second === undefined) return undefined
  return isLessBetter(row.workload.unit) ? second / first : first / second
}

function isLessBetter(unit: Unit): boolean {
  return unit !== 'per s' && unit !== 'MB/s'
}

function lastValue(row: MeasuredRow): number | undefined {
  return medianOf(row, row.workload.alsoWithMany ? 'kontor-many' : 'kontor')
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : share * 100
}

/** A number with as many digits as mean something. */
export function significant(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toPrecision(value >= 10 ? 3 : 2)
}
