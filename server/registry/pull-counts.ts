import { setImmediate } from 'node:timers/promises'
import { formatReference, type Reference } from '../../oci/reference.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import type { GatheredPulls, PullStore } from '../../storage/metadata/pulls.ts'

/**
 * How often what is pulled, gathered in memory and written now and then: pulling must not write (I3). A pull is a
 * manifest that was sent to somebody; asking whether it is there (`HEAD`), or still the same (304), is none.
 */
export interface PullCounts {
  /** Notes that a manifest was sent; never throws and never waits. */
  note(repositoryId: RepositoryId, reference: Reference): void
  /**
   * Writes what was gathered.
   * @throws what the store throws; what was not written is kept then, for the next time.
   */
  flush(): Promise<void>
}

/** Pulls of this many different things are kept between two flushes, some 300 bytes each. */
const MAX_DISTINCT = 20_000

/** Entries written in one transaction, which takes some 10 ms. */
const BATCH = 1000

export function createPullCounts(deps: {
  readonly store: PullStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): PullCounts {
  const { store, now } = deps
  let gathered = new Map<string, GatheredPulls>()
  let written: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const rest = [...gathered.values()]
    gathered = new Map()
    try {
      while (rest.length > 0) {
        await store.record(rest.slice(0, BATCH))
        rest.splice(0, BATCH)
        // Requests are answered between two transactions.
        await setImmediate()
      }
    } catch (error) {
      for (const pulls of rest) add(gathered, pulls)
      throw error
    }
  }

  /** One after the other, so that whoever waits for a flush before closing the store waits for them all. */
  function flush(): Promise<void> {
    const turn = written.then(write)
    written = turn.catch(() => undefined)
    return turn
  }

  return {
    note(repositoryId, reference) {
      const isNew = add(gathered, { repositoryId, reference, count: 1, lastAt: now() })
      // Only once for each time it fills up: should writing fail, the next regular flush tells, and what does not fit
      // until then is not counted.
      if (isNew && gathered.size === MAX_DISTINCT) void flush().catch(() => undefined)
    },
    flush,
  }
}

/** Adds to what is known of the same; true when nothing was and there was room. */
function add(gathered: Map<string, GatheredPulls>, pulls: GatheredPulls): boolean {
  const key = `${pulls.repositoryId} ${formatReference(pulls.reference)}`
  const known = gathered.get(key)
  if (known !== undefined) {
    const { count, lastAt } = known
    gathered.set(key, { ...pulls, count: count + pulls.count, lastAt: Math.max(lastAt, pulls.lastAt) })
    return false
  }
  if (gathered.size >= MAX_DISTINCT) return false
  gathered.set(key, pulls)
  return true
}
