import { pathOf } from '../../oci/repository-name.ts'
import type { Visibility } from '../../storage/metadata/repositories.ts'
import type {
  CandidateReader,
  CandidateRequest,
  SearchCandidate,
  SearchMatch,
  SearchPosition,
} from '../../storage/metadata/search-index.ts'
import { keyOf, LONGEST_BEGINNING } from '../../storage/metadata/search-words.ts'
import type { Lookup } from './lookup.ts'
import { beginsWithKey, rank } from './rank.ts'

/** Candidates that are ranked among each other. The index gives the best known first, so later ones seldom matter more. */
const WINDOW = 50

/** Candidates whose names are, or begin with, what was typed: they come first, however little known. */
const MAX_EARLY = 25

/** The index finds no shorter parts of names. */
const SHORTEST_PART = 3

/** A stretch of results, the best first. */
export interface Window {
  readonly candidates: readonly SearchCandidate[]
  /** Where the following window starts; undefined after the last. */
  readonly next: SearchPosition | undefined
}

/**
 * Everything that a lookup finds, in windows, from the best known down. Nothing comes twice, and where a window starts
 * says all about it, so that a page can go on where another ended.
 */
export interface CandidateWalk {
  /** Those in which the words are; the first window has also those whose names are or begin with what was typed. */
  words(before: SearchPosition | undefined): Promise<Window>
  /** True when all that have the words fit into two windows; only then it is worth looking for parts of names. */
  isShort(): Promise<boolean>
  /** Those whose names have the words as parts of other words, without the others. */
  parts(before: SearchPosition | undefined): Promise<Window>
}

/**
 * Makes the walk over what a viewer may see of what a lookup finds. What is private and may be seen is mostly little: then
 * all of it is in the first window, and only what is public is walked any further.
 */
export function createCandidateWalk(reader: CandidateReader, lookup: Lookup): CandidateWalk {
  const { terms, key, name, named, filters } = lookup
  // A name without words is a search for everything.
  const isEverything = terms.length === 0
  // What begins with more than the index knows of a beginning has to be looked at.
  const wholeKey = [...key].length <= LONGEST_BEGINNING ? key : undefined
  const words: SearchMatch = isEverything ? { how: 'any' } : { how: 'words', terms, key: wholeKey }

  const list = (match: SearchMatch, limit: number, more: Partial<CandidateRequest> = {}) =>
    reader.list({ match, filters, before: undefined, limit, ...more })
  const listWords = (visibility: Visibility | undefined, before?: SearchPosition) =>
    list(words, WINDOW, { filters: { ...filters, visibility }, before })

  async function readHead() {
    const { visibility } = filters
    const own = visibility === undefined ? await listWords('private') : []
    const open = await listWords(visibility ?? 'public')
    const isApart = own.length < WINDOW
    const apart = isApart ? own : []
    const walked = visibility ?? (isApart ? 'public' : undefined)
    const first = isApart ? open : [...own, ...open].sort((a, b) => b.position - a.position).slice(0, WINDOW)
    const isWhole = first.length < WINDOW && wholeKey !== undefined
    const early = isEverything ? [] : await listEarly(first, isWhole, walked)
    return { walked, first, besides: [...early, ...apart], all: without([], [...early, ...apart, ...first]) }
  }
  let reading: ReturnType<typeof readHead> | undefined
  const head = () => {
    reading ??= readHead()
    return reading
  }

  /**
   * Names that are what was typed, or begin so. Where all that was found is known they are among it. Else there are often
   * enough names that are just it, or enough better known ones that begin so: others are looked for only where there is
   * room.
   * @param isKnown whether the first window is all there is.
   */
  async function listEarly(
    first: readonly SearchCandidate[],
    isKnown: boolean,
    visibility: Visibility | undefined,
  ): Promise<readonly SearchCandidate[]> {
    if (isKnown) return listNamed([], true)
    const begunInFirst = first.filter(({ repository }) => beginsWithKey(repository, key))
    const only = { filters: { ...filters, visibility } }
    const exact = await list({ how: 'exact', key }, MAX_EARLY, only)
    const isExactWhole = exact.length < MAX_EARLY
    const hasRoom = isExactWhole && begunInFirst.length < MAX_EARLY
    const begun = hasRoom ? await list({ how: 'start', key }, MAX_EARLY, only) : []
    return [
      ...(await listNamed(exact, isExactWhole)),
      ...exact,
      // The index knows only so many letters of a beginning.
      ...begun.filter(({ repository }) => beginsWithKey(repository, key)),
    ]
  }

  /**
   * The repository of exactly the name that was typed, asked of the index: it knows whether this viewer may see it.
   * What is not there is asked for as well, of nobody: it takes as long as what one may not see (S26).
   * @param exact names that are the key, and whether these are all of them.
   */
  async function listNamed(
    exact: readonly SearchCandidate[],
    isExactWhole: boolean,
  ): Promise<readonly SearchCandidate[]> {
    if (name === undefined || exact.some(({ repository }) => repository.id === named?.id)) return []
    const own = keyOf(pathOf(named?.name ?? name))
    if (isExactWhole && own === key) return []
    const isWanted = named !== undefined && filters.ownerIds?.includes(named.ownerId) !== false
    const ownerIds = isWanted ? [named.ownerId] : []
    const found = await list({ how: 'exact', key: own }, MAX_EARLY, { filters: { ...filters, ownerIds } })
    return found.filter(({ repository }) => repository.id === named?.id)
  }

  const toWindow = (found: readonly SearchCandidate[], candidates: readonly SearchCandidate[]): Window => ({
    candidates: rank(candidates, lookup),
    next: found.length < WINDOW ? undefined : found.at(-1)?.position,
  })

  /** The first two windows together. */
  async function readStart(): Promise<{ readonly all: readonly SearchCandidate[]; readonly isAll: boolean }> {
    const { walked, first, all } = await head()
    if (first.length < WINDOW) return { all, isAll: true }
    const second = await listWords(walked, first.at(-1)?.position)
    return { all: [...all, ...second], isAll: second.length < WINDOW }
  }
  let readingStart: ReturnType<typeof readStart> | undefined
  const start = () => {
    readingStart ??= readStart()
    return readingStart
  }

  async function readParts(before: SearchPosition | undefined): Promise<Window> {
    const keys = partsOf(lookup)
    if (isEverything || keys.length === 0) return { candidates: [], next: undefined }
    const found = await list({ how: 'substring', keys }, WINDOW, { before })
    return toWindow(found, without((await start()).all, found))
  }
  let firstParts: Promise<Window> | undefined

  return {
    async words(before) {
      const { walked, first, besides, all } = await head()
      if (before === undefined) return toWindow(first, all)
      const found = await listWords(walked, before)
      return toWindow(found, without(besides, found))
    },
    async isShort() {
      return (await start()).isAll
    },
    async parts(before) {
      if (before !== undefined) return readParts(before)
      firstParts ??= readParts(undefined)
      return firstParts
    },
  }
}

/** Each word, where all are long enough; else what was typed as a whole. */
function partsOf({ terms, key }: Lookup): readonly string[] {
  const isLongEnough = (part: string) => [...part].length >= SHORTEST_PART
  const typed = terms.map((term) => term.typed)
  return typed.every(isLongEnough) ? typed : [key].filter(isLongEnough)
}

/** Candidates that are not among others, each once. */
function without(others: readonly SearchCandidate[], candidates: readonly SearchCandidate[]): SearchCandidate[] {
  const seen = new Set(others.map(({ repository }) => repository.id))
  return candidates.filter(({ repository: { id } }) => !seen.has(id) && seen.add(id))
}
