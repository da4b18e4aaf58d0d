import { setImmediate } from 'node:timers/promises'
import type { AuditLog } from '../../storage/metadata/audit-events.ts'

/** Events forgotten in one transaction, which takes a few milliseconds. */
const BATCH = 1000

/**
 * Forgets events that are older than they are kept, however many; requests are answered between the batches.
 * @returns how many it forgot.
 */
export async function purgeOldEvents(deps: {
  readonly auditLog: Pick<AuditLog, 'purge'>
  /** Milliseconds for which events are kept. */
  readonly retentionMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): Promise<number> {
  const { auditLog, retentionMs, now } = deps
  const before = now() - retentionMs
  let purged = 0
  let batch: number
  do {
    batch = await auditLog.purge(before, BATCH)
    purged += batch
    await setImmediate()
    // A batch that is not full is no end: the clock may have been set back, and a young event stand among old ones.
  } while (batch > 0)
  return purged
}
