/** Hands out turns of the event loop, so that many requests at once keep nothing else from happening. */
export interface Turns {
  /**
   * Begins a request now, or soon when many were begun in this turn already.
   * @returns false when so many wait that one more would only make everybody wait in vain; then it is not begun.
   */
  take(begin: () => void): boolean
}

/**
 * libuv accepts one connection each time it asks the kernel what is new, and it asks only when it is done with the last
 * answer, of up to 1,024 events. Among clients that ask again as soon as they are answered, a new connection therefore
 * waited for as long as it takes to answer them all, times the connections before it: with 2,000, some minutes. A client
 * that waits for its turn does not ask again, so the answers of the kernel get short, and come often.
 */
export function createTurns(limits: {
  /** Requests begun in one turn. */
  readonly perTurn: number
  readonly maxWaiting: number
}): Turns {
  const { perTurn, maxWaiting } = limits
  let waiting: (() => void)[] = []
  let begun = 0
  let isPlanned = false

  function startTurn(): void {
    isPlanned = false
    begun = 0
    if (waiting.length === 0) return
    const turn = waiting.slice(0, perTurn)
    waiting = waiting.slice(perTurn)
    for (const begin of turn) run(begin)
  }

  function run(begin: () => void): void {
    begun += 1
    // Not at the first of each turn: one alone should not pay for it.
    if (!isPlanned && (begun >= perTurn / 2 || waiting.length > 0)) {
      isPlanned = true
      setImmediate(startTurn)
    }
    begin()
  }

  return {
    take(begin) {
      if (begun < perTurn && waiting.length === 0) run(begin)
      else if (waiting.length < maxWaiting) waiting.push(begin)
      else return false
      return true
    },
  }
}
