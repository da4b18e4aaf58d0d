import type { DamageStore } from '../damage.ts'
import type { ScrubStore } from '../scrubs.ts'
import { openBesideServer } from './connections.ts'
import { createDamage } from './damage.ts'
import { createScrubs } from './scrubs.ts'

/** What a scrub is told and tells, as seen by a process beside the server that does it. */
export interface ScrubLedger {
  readonly scrubs: ScrubStore
  readonly damage: DamageStore
  close(): void
}

/** @throws Error when the database is not of the version of this program. */
export function openScrubLedger(options: { readonly path: string; readonly now: () => number }): ScrubLedger {
  const { path, now } = options
  const db = openBesideServer(path)
  return { scrubs: createScrubs({ db, now }), damage: createDamage({ db, now }), close: () => db.close() }
}
