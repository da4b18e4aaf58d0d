import type { CandidateReader, SearchCandidate, SearchPosition } from '../../storage/metadata/search-index.ts'
import { type CandidateWalk, createCandidateWalk, type Window } from './candidate-walk.ts'
import type { CorrectSpelling } from './correct-spelling.ts'
import type { Lookup } from './lookup.ts'
import type { PrepareLookup } from './prepare-lookup.ts'
import type { SearchQuery } from './search-query.ts'

/** What is looked for in turn, each where the one before has left room: the words, parts of names, other spellings. */
export const STAGES = ['words', 'parts', 'corrected'] as const
export type Stage = (typeof STAGES)[number]

/** A window, and what its candidates were looked up with. */
export type StageWindow = Window & { readonly lookup: Lookup }

/** One search of one viewer at one time. */
export interface SearchStages {
  readWindow(stage: Stage, before: SearchPosition | undefined): Promise<StageWindow>
  /** Where to go on after the last window of a stage; undefined at the end. */
  stageAfter(stage: Stage): Promise<Stage | undefined>
}

/** With fewer results, what was typed may have been misspelt. */
const FEW = 5

/** Makes the stages of a search. */
export async function openSearchStages(
  deps: {
    readonly prepareLookup: PrepareLookup
    readonly correctSpelling: CorrectSpelling
  },
  search: { readonly candidates: CandidateReader; readonly query: SearchQuery; readonly at: number },
): Promise<SearchStages> {
  const { prepareLookup, correctSpelling } = deps
  const { candidates, query, at } = search
  const lookup = await prepareLookup(query, at)
  const walk = createCandidateWalk(candidates, lookup)
  let corrected: { readonly lookup: Lookup; readonly walk: CandidateWalk } | undefined

  /** All that was found as it was typed, where that is little. */
  async function listFew(): Promise<readonly SearchCandidate[] | undefined> {
    const parts = await walk.parts(undefined)
    const found = [...(await walk.words(undefined)).candidates, ...parts.candidates]
    return parts.next === undefined && found.length < FEW ? found : undefined
  }

  async function correct() {
    const words = await correctSpelling(candidates, lookup.terms, lookup.filters)
    if (words === undefined) return undefined
    const meant = await prepareLookup({ ...query, words, key: words.join(''), name: undefined }, at)
    return { lookup: meant, walk: createCandidateWalk(candidates, meant) }
  }

  async function readCorrected(before: SearchPosition | undefined): Promise<StageWindow> {
    const few = await listFew()
    if (few !== undefined) corrected ??= await correct()
    if (few === undefined || corrected === undefined) return { candidates: [], next: undefined, lookup }
    const known = new Set(few.map(({ repository }) => repository.id))
    const window = await corrected.walk.words(before)
    const others = window.candidates.filter(({ repository }) => !known.has(repository.id))
    return { candidates: others, next: window.next, lookup: corrected.lookup }
  }

  return {
    async readWindow(stage, before) {
      if (stage === 'corrected') return readCorrected(before)
      return { ...(await (stage === 'words' ? walk.words(before) : walk.parts(before))), lookup }
    },
    async stageAfter(stage) {
      if (lookup.terms.length === 0 || !(await walk.isShort())) return undefined
      if (stage === 'words') return 'parts'
      return stage === 'parts' && (await listFew()) !== undefined ? 'corrected' : undefined
    },
  }
}
