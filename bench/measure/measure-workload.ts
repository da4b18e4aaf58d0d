import type { BareServer } from '../machine/start-bare-server.ts'
import { readMemoryBytes } from '../support/process-memory.ts'
import type { Candidate, Prepared, Size, Workload } from '../workloads/workload.ts'
import { forgetPeakMemory, readProcessorSeconds } from './process-usage.ts'

/** Who is measured in a column: a product, Kontor with many times as much stored, or the bare server. */
export type ColumnKey = Candidate['installed']['product'] | 'kontor-many' | 'bare'

/** What came out in one place of the table. */
export type Outcome =
  | {
      readonly kind: 'measured'
      /** One per round, in the workload's unit. */
      readonly values: readonly number[]
      /** Of a core that the server took meanwhile. */
      readonly processorShare: number
      /** The most bytes that were resident meanwhile. */
      readonly peakBytes: number
    }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string }

/** A row of the table as it was measured. */
export interface MeasuredRow {
  readonly workload: Workload
  readonly outcomes: ReadonlyMap<ColumnKey, Outcome>
}

interface Entrant {
  readonly key: ColumnKey
  readonly pid: number | undefined
  readonly prepare: () => Promise<Prepared>
}

/**
 * Measures a workload on all that can do it: round by round, everybody once in each, each time beginning with another.
 * A first round is not counted. Whoever fails once is out.
 */
export async function measureWorkload(
  workload: Workload,
  { candidates, bare, rounds }: { candidates: readonly Candidate[]; bare: BareServer; rounds: number },
): Promise<MeasuredRow> {
  const outcomes = new Map<ColumnKey, Outcome>()
  const runners: Runner[] = []
  for (const entrant of entrantsOf(workload, candidates, bare)) {
    try {
      runners.push(createRunner(entrant, await entrant.prepare()))
    } catch (error) {
      outcomes.set(entrant.key, failed(error))
    }
  }
  for (const runner of runners) await runner.run({ isCounted: false })
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < runners.length; turn++) {
      await runners[(round + turn) % runners.length]?.run({ isCounted: true })
    }
  }
  for (const runner of runners) outcomes.set(runner.key, await runner.end())
  return { workload, outcomes }
}

function entrantsOf(workload: Workload, candidates: readonly Candidate[], bare: BareServer): readonly Entrant[] {
  const entrants: Entrant[] = []
  for (const candidate of candidates) {
    const { product } = candidate.installed
    if (workload.notOfferedBy?.includes(product)) continue
    const enter = (key: ColumnKey, size: Size) => {
      const { pid } = candidate.stock.server
      entrants.push({ key, pid, prepare: () => workload.prepare(candidate, size) })
    }
    enter(product, 'some')
    if (workload.alsoWithMany && product === 'kontor') enter('kontor-many', 'many')
  }
  const { prepareBare } = workload
  if (prepareBare !== undefined) entrants.push({ key: 'bare', pid: undefined, prepare: () => prepareBare(bare) })
  return entrants
}

interface Runner {
  readonly key: ColumnKey
  run(round: { readonly isCounted: boolean }): Promise<void>
  end(): Promise<Outcome>
}

function createRunner({ key, pid }: Entrant, prepared: Prepared): Runner {
  const values: number[] = []
  let failure: Outcome | undefined
  let peakBytes = 0
  let processorSeconds = 0
  let seconds = 0
  async function attempt(work: () => Promise<void> | void): Promise<void> {
    if (failure !== undefined) return
    try {
      await work()
    } catch (error) {
      failure = failed(error)
    }
  }
  return {
    key,
    run: ({ isCounted }) =>
      attempt(async () => {
        if (pid !== undefined) forgetPeakMemory(pid)
        const processorBefore = pid === undefined ? 0 : readProcessorSeconds(pid)
        const startedAt = performance.now()
        const value = await prepared.run()
        if (pid !== undefined) peakBytes = Math.max(peakBytes, readMemoryBytes(pid, 'VmHWM'))
        if (!isCounted) return
        seconds += (performance.now() - startedAt) / 1000
        if (pid !== undefined) processorSeconds += readProcessorSeconds(pid) - processorBefore
        values.push(value)
      }),
    async end() {
      await attempt(() => prepared.close?.())
      return failure ?? { kind: 'measured', values, processorShare: processorSeconds / seconds, peakBytes }
    },
  }
}

function failed(error: unknown): Outcome {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  return { kind: 'failed', name, reason: message }
}
