import type { Viewer } from '../../storage/metadata/repositories.ts'
import type { SearchCandidate, SearchIndex, SearchPosition } from '../../storage/metadata/search-index.ts'
import type { CorrectSpelling } from './correct-spelling.ts'
import { type CursorState, countAt, formatCursor, parseCursor, wrongPage } from './cursor.ts'
import { countFacets, type FacetCounts } from './facets.ts'
import type { Lookup } from './lookup.ts'
import type { PrepareLookup } from './prepare-lookup.ts'
import type { SearchQuery } from './search-query.ts'
import { openSearchStages, STAGES, type Stage, type StageWindow } from './search-stages.ts'

/** A repository that was found, and what with. */
export interface Hit {
  readonly candidate: SearchCandidate
  readonly lookup: Lookup
}

/** What the results are, counted. */
export interface Facets {
  readonly counts: FacetCounts
  /** How many results were counted: the best known. */
  readonly countedOf: number
  /** Whether these are all. */
  readonly isComplete: boolean
}

export interface RepositoryResults<Item> {
  readonly items: readonly Item[]
  /** On the first page only. */
  readonly facets: Facets | undefined
  readonly next: string | undefined
  /** What was looked for besides, because hardly anything was found as it was typed. */
  readonly correctedTo: string | undefined
}

/** Which results: at most `limit`, from where the page before ended. */
export interface ResultPage {
  readonly limit: number
  readonly after: string | undefined
}

/**
 * A page of the repositories that a viewer may see, the best first; none at all when nothing but signs was typed.
 * @throws SearchRefusal when `after` is not of this search.
 */
export type SearchRepositories = (
  viewer: Viewer,
  query: SearchQuery,
  page: ResultPage,
) => Promise<RepositoryResults<Hit>>

interface Place {
  readonly stage: Stage
  readonly before: SearchPosition | undefined
  /** Results of the window that were on pages before. */
  readonly skip: number
}

export function createSearchRepositories(deps: {
  readonly searchIndex: Pick<SearchIndex, 'candidatesFor'>
  readonly prepareLookup: PrepareLookup
  readonly correctSpelling: CorrectSpelling
  readonly now: () => number
}): SearchRepositories {
  return async (viewer, query, { limit, after }) => {
    const name = `repository ${query.text}`
    const now = deps.now()
    const start = after === undefined ? { at: now, place: startOf('words') } : readPlace(parseCursor(name, after), now)
    const found = { items: [] as Hit[], counted: [] as SearchCandidate[] }
    let correctedTo: string | undefined
    let place = query.hasText && query.words.length === 0 ? undefined : start.place
    const candidates = await deps.searchIndex.candidatesFor(viewer)
    const stages = place && (await openSearchStages(deps, { candidates, query, at: start.at }))
    while (place !== undefined && stages !== undefined) {
      const { stage, before } = place
      const window: StageWindow = await stages.readWindow(stage, before)
      const { next, lookup } = window
      const taken = window.candidates.slice(place.skip, place.skip + limit - found.items.length)
      found.items.push(...taken.map((candidate) => ({ candidate, lookup })))
      found.counted.push(...window.candidates)
      if (stage === 'corrected' && taken.length > 0) correctedTo = lookup.terms.map(({ typed }) => typed).join(' ')
      const skip: number = place.skip + taken.length
      // A page that is full when its window ends looks on: whether there is a next page is known only then.
      if (skip < window.candidates.length) {
        place = { stage, before, skip }
        break
      }
      place = next === undefined ? startOf(await stages.stageAfter(stage)) : { stage, before: next, skip: 0 }
    }
    return {
      items: found.items,
      facets: after === undefined ? toFacets(found.counted, place === undefined) : undefined,
      next: place && formatCursor(name, [start.at, STAGES.indexOf(place.stage), place.before ?? 0, place.skip]),
      correctedTo,
    }
  }
}

function toFacets(counted: readonly SearchCandidate[], isComplete: boolean): Facets {
  return { counts: countFacets(counted), countedOf: counted.length, isComplete }
}

function startOf(stage: Stage | undefined): Place | undefined {
  return stage && { stage, before: undefined, skip: 0 }
}

/** @throws SearchRefusal */
function readPlace(state: CursorState, now: number): { readonly at: number; readonly place: Place | undefined } {
  const at = countAt(state, 0)
  const stage = STAGES[countAt(state, 1)]
  const before = countAt(state, 2)
  if (stage === undefined || at > now) throw wrongPage()
  // Only what listed candidates makes a position; this one was handed out by the same registry, or finds nothing.
  return {
    at,
    place: { stage, before: before === 0 ? undefined : (before as SearchPosition), skip: countAt(state, 3) },
  }
}
