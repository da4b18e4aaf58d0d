import type { AuditLog, Refusal } from '../../storage/metadata/audit-events.ts'
import { SYSTEM } from '../access/caller.ts'
import { hideSecrets } from '../access/secret-text.ts'

/** Gathers what was refused, so that a flood of refused requests is not a flood of writes. */
export interface Refusals {
  /** Notes a refusal; never throws and never waits. */
  note(refusal: Omit<Refusal, 'at'>): void
  /**
   * Writes what was gathered.
   * @throws what the audit log throws; what was gathered is kept then, for the next time.
   */
  flush(): Promise<void>
}

/** Different refusals kept between two flushes; with {@link MAX_DETAIL_LENGTH} it bounds the memory of a flood. */
const MAX_DISTINCT = 1000

/** Characters of an object or of any other text: clients choose user names and paths as long as a header may be. */
const MAX_TEXT_LENGTH = 300

/** Characters of a whole detail, as JSON. */
const MAX_DETAIL_LENGTH = 2000

export function createRefusals(deps: {
  readonly auditLog: Pick<AuditLog, 'recordRefusals'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): Refusals {
  const { auditLog, now } = deps
  let batch = createBatch()

  return {
    note({ action, object, ownerId, origin, detail }) {
      const { accountName, credential, address } = origin
      const refusal: Refusal = {
        action,
        object: cut(object),
        ownerId,
        origin: { ...origin, accountName: cut(accountName), credential: cut(credential), address: cut(address) },
        at: now(),
        detail: shorten(detail),
      }
      add(batch, keyOf(refusal), { refusal, count: 1 })
    },

    async flush() {
      const taken = batch
      batch = createBatch()
      const refusals = toRefusals(taken, now())
      if (refusals.length === 0) return
      try {
        await auditLog.recordRefusals(refusals)
      } catch (error) {
        // Those that came since are added to the older ones, which all fit.
        for (const [key, entry] of batch.entries) add(taken, key, entry)
        taken.suppressed += batch.suppressed
        batch = taken
        throw error
      }
    },
  }
}

/** What came between two flushes. */
interface Batch {
  readonly entries: Map<string, Entry>
  /** How many more there were than fit. */
  suppressed: number
}

/** Equal refusals: the first of them, and how many. */
interface Entry {
  readonly refusal: Refusal
  readonly count: number
}

function createBatch(): Batch {
  return { entries: new Map(), suppressed: 0 }
}

function add(batch: Batch, key: string, { refusal, count }: Entry): void {
  const known = batch.entries.get(key)
  if (known !== undefined) batch.entries.set(key, { refusal: known.refusal, count: known.count + count })
  else if (batch.entries.size < MAX_DISTINCT) batch.entries.set(key, { refusal, count })
  else batch.suppressed += count
}

function toRefusals({ entries, suppressed }: Batch, at: number): Refusal[] {
  const refusals = [...entries.values()].map(({ refusal, count }) => ({
    ...refusal,
    detail: { ...refusal.detail, count },
  }))
  if (suppressed === 0) return refusals
  const rest = { action: 'write', object: '', ownerId: undefined, origin: SYSTEM, at, detail: { suppressed } } as const
  return [...refusals, rest]
}

/** Two refusals are equal when all is but the request and the time. */
function keyOf({ action, object, ownerId, origin, detail }: Refusal): string {
  const { accountId, accountName, credential, address } = origin
  return JSON.stringify([action, object, ownerId, accountId, accountName, credential, address, detail])
}

/** A text that may be kept. Clients put secrets where names belong, and only these can be told from names. */
function cut(text: string): string {
  return hideSecrets(text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text)
}

/** A copy with short texts; a detail that is still too long, or no JSON, is left out: the refusal itself still counts. */
function shorten(detail: Refusal['detail']): Refusal['detail'] {
  try {
    const json = JSON.stringify(detail, (_, value: unknown) => (typeof value === 'string' ? cut(value) : value))
    return json.length > MAX_DETAIL_LENGTH ? {} : (JSON.parse(json) as Refusal['detail'])
  } catch {
    return {}
  }
}
