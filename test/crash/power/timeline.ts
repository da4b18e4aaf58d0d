import { createOracle, type Effects, type Oracle } from '../oracle.ts'
import type { Moment, Recording } from './recording.ts'

/** What was asked for and acknowledged while files were recorded, and at which length of the log. */
export interface Timeline {
  /** For clients at work: what they tell it is noted. */
  readonly oracle: Oracle
  /** Forgets changes that were noted and not acknowledged. To be called only when their requests were never sent. */
  withdrawUnanswered(): void
  /** Where changes were acknowledged. */
  acknowledgements(recording: Recording): readonly Moment[]
  /** What was known at a moment. What was acknowledged later, or asked for later, it does not know. */
  recall(recording: Recording, at: Moment): Oracle
}

interface NotedChange {
  readonly effects: readonly Effects[]
  /** Bytes of the log before it was asked for. */
  readonly begunAt: number
  /** Bytes of the log when the answer had come. */
  acknowledgedAt: number | undefined
}

/** @param logBytes how long the log is, which has all that an answer rests on by the time that the answer is here. */
export function createTimeline(logBytes: () => number): Timeline {
  const live = createOracle()
  let changes: NotedChange[] = []
  let events: { readonly kind: 'begun' | 'acknowledged'; readonly change: NotedChange }[] = []
  return {
    oracle: {
      ...live,
      begin(...effects) {
        const noted: NotedChange = { effects, begunAt: logBytes(), acknowledgedAt: undefined }
        const change = live.begin(...effects)
        changes.push(noted)
        events.push({ kind: 'begun', change: noted })
        return {
          acknowledge() {
            noted.acknowledgedAt = logBytes()
            events.push({ kind: 'acknowledged', change: noted })
            change.acknowledge()
          },
        }
      },
    },
    withdrawUnanswered() {
      changes = changes.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined)
      events = events.filter(({ change }) => change.acknowledgedAt !== undefined)
    },
    acknowledgements: ({ momentAt }) =>
      changes.flatMap(({ acknowledgedAt }) => (acknowledgedAt === undefined ? [] : momentAt(acknowledgedAt))),
    recall({ momentAt }, at) {
      const oracle = createOracle()
      const begun = new Map<NotedChange, ReturnType<Oracle['begin']>>()
      for (const { kind, change } of events) {
        // What a request does is recorded after it was sent.
        if (kind === 'begun' && momentAt(change.begunAt) < at) begun.set(change, oracle.begin(...change.effects))
        const isAcknowledged = change.acknowledgedAt !== undefined && momentAt(change.acknowledgedAt) <= at
        if (kind === 'acknowledged' && isAcknowledged) begun.get(change)?.acknowledge()
      }
      return oracle
    },
  }
}
