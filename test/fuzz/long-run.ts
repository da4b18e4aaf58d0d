import { randomInt } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect } from 'vitest'

/** One property, tried for as long as `test/fuzz/run.mjs` was asked to. */
export interface LongRun {
  /** What takes the place of the property's own options. */
  readonly options: {
    readonly seed: number
    readonly path?: string
    readonly numRuns: number
    readonly interruptAfterTimeLimit: number
  }
  /** To be called for each input: an input that is the last for a minute ends this process, and is named. */
  tick(): void
  /**
   * Says how many inputs there were, and what they were made from.
   * @throws Error with the input that failed, as small as it got in the time, and the command that repeats it.
   */
  end<Ts>(details: fc.RunDetails<Ts>): void
}

/** More than there is ever time for. */
const ENDLESS = 2_000_000_000

/** A long run for the property that is being tested; undefined in `npm test`. */
export function openLongRun({ FUZZ_SECONDS, FUZZ_SEED, FUZZ_PATH }: NodeJS.ProcessEnv): LongRun | undefined {
  if (FUZZ_SECONDS === undefined) return undefined
  const name = expect.getState().currentTestName ?? ''
  const seed = FUZZ_SEED === undefined ? randomInt(2 ** 31) : Number(FUZZ_SEED)
  const replay = `npm run test:fuzz -- ${FUZZ_SECONDS} ${JSON.stringify(name)} --seed ${seed}`
  // No timeout on this thread would notice an input that keeps it busy for ever: another looks whether the count moves.
  const inputs = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const watchdog = new Worker(new URL('watchdog.mjs', import.meta.url), { workerData: { inputs, replay } })
  watchdog.unref()
  return {
    options: {
      seed,
      ...(FUZZ_PATH !== undefined && { path: FUZZ_PATH }),
      numRuns: FUZZ_PATH === undefined ? ENDLESS : 1,
      interruptAfterTimeLimit: Number(FUZZ_SECONDS) * 1000,
    },
    tick: () => void Atomics.add(inputs, 0, 1),
    end(details) {
      void watchdog.terminate()
      console.log(`${details.failed ? 'FAILED' : 'held'}: ${name} (seed ${seed}, ${details.numRuns} inputs)`)
      if (!details.failed) return
      const report = fc.defaultReportMessage(details)
      const cause = details.errorInstance
      throw new Error(`${report}\n\nTo repeat it: ${replay} --path ${details.counterexamplePath}`, { cause })
    },
  }
}
