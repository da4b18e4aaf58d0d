import { apply, type TagOperation, type TagValue } from './tag-operation.ts'

/** Operations at a time: one bit of a number for each. */
const MAX_UNDER_WAY = 30

/** The first operation of a history that no order explains. */
export interface Violation {
  readonly operation: TagOperation
  /** What the tag could have pointed to when the operation returned, had it not been there. */
  readonly possible: readonly TagValue[]
  /** What was under way at the same time. */
  readonly concurrent: readonly TagOperation[]
}

/** One way in which all that happened so far can have happened. */
interface Explanation {
  /** Of the operations under way, those that have taken effect: a bit each. */
  readonly effective: number
  readonly value: TagValue
}

/**
 * Looks for a proof that a history of one tag is not linearizable: that its operations cannot be put into an order in
 * which each of them is right by itself and none comes before one that had returned when it was called (Herlihy & Wing
 * 1990; the search is Wing & Gong's 1993, breadth first, with what was reached before left out as Lowe does). It goes
 * through calls and returns in time and keeps every explanation of them: which of the operations under way have taken
 * effect, and what the tag points to. An operation must have taken effect when it returns.
 * @param initial what the tag pointed to before.
 */
export function findViolation(history: readonly TagOperation[], initial?: TagValue): Violation | undefined {
  const slots = new Map<number, TagOperation>()
  const slotOf = new Map<TagOperation, number>()
  let explanations = unique([{ effective: 0, value: initial }])
  for (const { operation, isCall } of eventsOf(history)) {
    if (isCall) {
      const slot = freeSlot(slots)
      slots.set(slot, operation)
      slotOf.set(operation, slot)
      continue
    }
    const slot = slotOf.get(operation) ?? 0
    const bit = 1 << slot
    const withEffect = explore(explanations, slots, bit)
      .filter(({ effective }) => (effective & bit) !== 0)
      .map(({ effective, value }) => ({ effective: effective & ~bit, value }))
    const without = operation.isAnswered ? [] : explanations.filter(({ effective }) => (effective & bit) === 0)
    const next = unique([...withEffect, ...without])
    slots.delete(slot)
    if (next.length === 0) {
      const possible = [...new Set(explanations.map(({ value }) => value))]
      return { operation, possible, concurrent: [...slots.values()] }
    }
    explanations = next
  }
  return undefined
}

/** Calls and returns as they came; of those of one moment the calls first, for that excludes nothing. */
function eventsOf(history: readonly TagOperation[]) {
  return history
    .flatMap((operation) => [
      { operation, isCall: true, at: operation.calledAt },
      { operation, isCall: false, at: operation.returnedAt },
    ])
    .sort((one, other) => one.at - other.at || Number(other.isCall) - Number(one.isCall))
}

function freeSlot(slots: ReadonlyMap<number, TagOperation>): number {
  for (let slot = 0; slot < MAX_UNDER_WAY; slot++) if (!slots.has(slot)) return slot
  throw new Error(`more than ${MAX_UNDER_WAY} operations overlap; record with fewer clients`)
}

/** Lets operations under way take effect in every order, until the one that has returned did. */
function explore(
  from: readonly Explanation[],
  slots: ReadonlyMap<number, TagOperation>,
  untilBit: number,
): Explanation[] {
  const reached = new Map(from.map((explanation) => [keyOf(explanation), explanation]))
  // A map hands out what is added to it while it is walked.
  for (const { effective, value } of reached.values()) {
    if ((effective & untilBit) !== 0) continue
    for (const [slot, operation] of slots) {
      if ((effective & (1 << slot)) !== 0) continue
      const after = apply(value, operation)
      if (after === undefined) continue
      const next = { effective: effective | (1 << slot), value: after.value }
      if (!reached.has(keyOf(next))) reached.set(keyOf(next), next)
    }
  }
  return [...reached.values()]
}

function unique(explanations: readonly Explanation[]): Explanation[] {
  return [...new Map(explanations.map((explanation) => [keyOf(explanation), explanation])).values()]
}

function keyOf({ effective, value }: Explanation): string {
  return `${effective} ${value}`
}
