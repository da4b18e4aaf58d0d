import { setTimeout } from 'node:timers/promises'
import type { SeededRandom } from '../seeded-random.ts'

/** Starts both at nearly the same time, at random the one or the other first. Gives what each came to. */
export type Race = <One, Other>(one: () => Promise<One>, other: () => Promise<Other>) => Promise<[One, Other]>

/**
 * Makes a function that lets two requests race. The later one starts at any moment of the earlier one, as long as that
 * took the time before: so a short one meets every part of a long one, on a fast machine as on a slow one.
 */
export function createRace(random: SeededRandom): Race {
  let longestMs = 0

  async function start<T>(afterMs: number, work: () => Promise<T>): Promise<T> {
    if (afterMs > 0) await setTimeout(afterMs)
    const startedAt = performance.now()
    const result = await work()
    longestMs = Math.max(longestMs, performance.now() - startedAt)
    return result
  }

  return (one, other) => {
    const staggerMs = random.int(0, Math.ceil(longestMs))
    const isOneFirst = random.int(0, 1) === 1
    longestMs = 0
    return Promise.all([start(isOneFirst ? 0 : staggerMs, one), start(isOneFirst ? staggerMs : 0, other)])
  }
}
