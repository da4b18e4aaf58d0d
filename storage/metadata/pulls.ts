import type { Reference } from '../../oci/reference.ts'
import type { RepositoryId } from './identities.ts'

/** Pulls of one manifest by one reference, as they were gathered. */
export interface GatheredPulls {
  readonly repositoryId: RepositoryId
  readonly reference: Reference
  readonly count: number
  /** Milliseconds since the epoch, of the last of them. */
  readonly lastAt: number
}

/** How often things are pulled. Pulling writes nothing (I3): what was gathered in memory is written now and then. */
export interface PullStore {
  /**
   * Adds pulls to repositories and tags. A pull by digest counts for each tag that points there; one of a manifest
   * without a tag, an index's child for instance, is part of a pull that was counted already.
   */
  record(pulls: readonly GatheredPulls[]): Promise<void>
}

/** Milliseconds after which a pull counts half. */
const RECENT_PULLS_HALF_LIFE_MS = 15 * 86_400_000

/** What a repository's recent pulls have come down to. */
export function recentPullsAt(
  { recentPulls, lastPulledAt }: { readonly recentPulls: number; readonly lastPulledAt: number | undefined },
  now: number,
): number {
  if (lastPulledAt === undefined) return 0
  return recentPulls * 2 ** (-Math.max(now - lastPulledAt, 0) / RECENT_PULLS_HALF_LIFE_MS)
}
