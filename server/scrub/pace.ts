import { setTimeout } from 'node:timers/promises'

/** Holds work back to so many bytes per second. */
export interface Pace {
  /** Waits as long as it takes until so many bytes are due. Rejects when the signal is aborted. */
  spend(bytes: number): Promise<void>
  /** From now on; undefined for no limit. */
  setRate(bytesPerSecond: number | undefined): void
}

export function createPace(options: { readonly signal: AbortSignal }): Pace {
  const { signal } = options
  let rate: number | undefined
  /** When all that was spent so far is paid for, by `performance.now()`. */
  let paidAt = 0
  return {
    setRate(bytesPerSecond) {
      rate = bytesPerSecond
      // What was spent at another speed is not to be waited for at this one.
      paidAt = performance.now()
    },
    async spend(bytes) {
      signal.throwIfAborted()
      if (rate === undefined) return
      const now = performance.now()
      // Time that passed without work is not made up for: that would be a burst.
      paidAt = Math.max(paidAt, now) + (bytes / rate) * 1000
      if (paidAt - now >= 1) await setTimeout(paidAt - now, undefined, { signal })
    },
  }
}
