import { setImmediate } from 'node:timers/promises'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import type { IndexBuild, SearchIndex } from '../../storage/metadata/search-index.ts'

/** Documents made in one transaction: some milliseconds in which nobody else is served. */
const DOCUMENTS_AT_ONCE = 20

/** Repositories looked at in one transaction; most of their documents stay where they are. */
const POSITIONS_AT_ONCE = 200

/**
 * Goes on with a build of the search index that was started, for a while: requests are served in between, and a server
 * that stops need not wait for the end.
 * @param forMs milliseconds after which to leave the rest for the next time.
 * @returns the build, when it was finished by this.
 */
export async function buildSearchIndex(deps: {
  readonly searchIndex: Pick<SearchIndex, 'continueBuild'>
  readonly forMs: number
}): Promise<IndexBuild | undefined> {
  const { searchIndex, forMs } = deps
  const until = performance.now() + forMs
  while (performance.now() < until) {
    const build = await searchIndex.continueBuild(DOCUMENTS_AT_ONCE)
    if (build === undefined || build.finishedAt !== undefined) return build
    await setImmediate()
  }
  return undefined
}

/**
 * Puts the pieces of the search index together, for a while.
 * @param forMs milliseconds after which to leave the rest for the next time.
 */
export async function tidySearchIndex(deps: {
  readonly searchIndex: Pick<SearchIndex, 'tidy'>
  readonly forMs: number
}): Promise<void> {
  const until = performance.now() + deps.forMs
  while (performance.now() < until && (await deps.searchIndex.tidy())) await setImmediate()
}

/**
 * Makes the function that moves documents to where popularity has them now, some at each call: popularity fades without
 * anybody doing anything.
 */
export function createRefreshPositions(deps: {
  readonly searchIndex: Pick<SearchIndex, 'refreshPositions'>
  /** Repositories looked at in one call. */
  readonly atOnce: number
}): () => Promise<void> {
  const { searchIndex, atOnce } = deps
  let after: RepositoryId | undefined
  return async () => {
    for (let looked = 0; looked < atOnce; looked += POSITIONS_AT_ONCE) {
      after = await searchIndex.refreshPositions(after, POSITIONS_AT_ONCE)
      if (after === undefined) return
      await setImmediate()
    }
  }
}
