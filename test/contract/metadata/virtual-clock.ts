/** Time that stands still until a test moves it. */
export interface VirtualClock {
  /** Milliseconds since the epoch. */
  now(): number
  advance(ms: number): void
}

/** A clock that begins at a round instant: 2026-01-01T00:00:00Z. */
export function createVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let nowMs = startMs
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms
    },
  }
}
