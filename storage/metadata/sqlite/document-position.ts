import { recentPullsAt } from '../pulls.ts'
import type { SearchPosition } from '../search-index.ts'
import type { RepositoryRow } from './repository-rows.ts'

/** Numbers of repositories stay below this for longer than anybody will push; with a level above it they are still exact. */
const LEVEL_STEP = 2 ** 40

/** A star is worth as many pulls of these days. */
const PULLS_PER_STAR = 10

/** Steps to a doubling: documents move seldom, and what is twice as popular still comes first. */
const STEPS_PER_DOUBLING = 4

/** What nobody should use any more comes after everything else, but for what nobody uses. */
const LEVEL_OF_RETIRED = 0

/** How well known a repository is. */
export function popularityLevel(row: RepositoryRow, now: number): number {
  if (row.state !== 'active') return LEVEL_OF_RETIRED
  const recentPulls = recentPullsAt(
    { recentPulls: row.recent_pulls, lastPulledAt: row.last_pulled_at ?? undefined },
    now,
  )
  return Math.round(STEPS_PER_DOUBLING * Math.log2(1 + recentPulls + PULLS_PER_STAR * row.stars))
}

/** Where the document of a repository stands. */
export function documentPosition(level: number, repositoryId: number): SearchPosition {
  return (level * LEVEL_STEP + repositoryId) as SearchPosition
}

/** The level that a position was made from. */
export function levelOf(position: number): number {
  return Math.floor(position / LEVEL_STEP)
}

/** How popular a repository was when its level was found out, as {@link popularityLevel} counts it, within a step. */
export function popularityAt(position: number): number {
  return 2 ** (levelOf(position) / STEPS_PER_DOUBLING) - 1
}
