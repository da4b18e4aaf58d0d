/**
 * Prints the tables of several runs of `npm run bench -- --json FILE` as if they had been one: `npm run bench:join -- FILE…`.
 * All rounds of all runs are in the medians and spreads.
 */
import { readFile } from 'node:fs/promises'
import type { MachineLimit } from './machine/measure-machine.ts'
import type { ColumnKey, MeasuredRow, Outcome } from './measure/measure-workload.ts'
import { type Labelled, renderMachine, renderResults } from './measure/report.ts'
import { median } from './measure/statistics.ts'
import { ALL_WORKLOADS } from './workloads/all-workloads.ts'

/** What `--json` wrote. */
interface Run {
  readonly installed: readonly Labelled[]
  readonly limits: readonly MachineLimit[]
  readonly results: readonly { readonly name: string; readonly outcomes: Readonly<Record<string, Outcome>> }[]
}

const files = process.argv.slice(2)
if (files.length === 0) throw new Error('give the files that npm run bench -- --json has written')
const runs: Run[] = []
for (const file of files) runs.push(JSON.parse(await readFile(file, 'utf8')))
const installed = runs[0]?.installed ?? []
console.log(`${renderMachine(joinLimits())}\n\n${renderResults(joinRows(), installed)}`)

function joinLimits(): readonly MachineLimit[] {
  const first = runs[0]?.limits ?? []
  return first.map(({ what, unit }) => {
    const values = runs.flatMap(({ limits }) => limits.filter((limit) => limit.what === what))
    return { what, unit, value: median(values.map(({ value }) => value)) }
  })
}

function joinRows(): readonly MeasuredRow[] {
  return ALL_WORKLOADS.flatMap((workload) => {
    const results = runs.flatMap(({ results }) => results.filter(({ name }) => name === workload.name))
    if (results.length === 0) return []
    const keys = new Set(results.flatMap(({ outcomes }) => Object.keys(outcomes) as ColumnKey[]))
    const outcomes = new Map<ColumnKey, Outcome>()
    for (const key of keys) {
      const joined = joinOutcomes(results.map((result) => result.outcomes[key]))
      if (joined !== undefined) outcomes.set(key, joined)
    }
    return [{ workload, outcomes }]
  })
}

/** Who failed once has failed. */
function joinOutcomes(outcomes: readonly (Outcome | undefined)[]): Outcome | undefined {
  const there = outcomes.filter((outcome) => outcome !== undefined)
  const measured = there.filter((outcome) => outcome.kind === 'measured')
  if (measured.length === 0 || measured.length < there.length) return there.find(({ kind }) => kind === 'failed')
  return {
    kind: 'measured',
    values: measured.flatMap(({ values }) => values),
    processorShare: median(measured.map(({ processorShare }) => processorShare)),
    peakBytes: Math.max(...measured.map(({ peakBytes }) => peakBytes)),
  }
}
