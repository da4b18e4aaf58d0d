import type { CandidateReader, SearchFilters, SearchIndex } from '../../storage/metadata/search-index.ts'
import { wordsOf } from '../../storage/metadata/search-words.ts'
import { editDistance, forgivenErrors } from './edit-distance.ts'
import type { LookupTerm } from './lookup.ts'

/** Words like one that are looked at. */
const MAX_LIKE = 50

/** Ways to have meant one word that are tried, the likeliest first. */
const MAX_MEANT = 4

/** Repositories that are looked at to see which of the ways is one. */
const MAX_WITNESSES = 50

/** In a word of three letters every other is one error away. */
const SHORTEST_CORRECTED = 4

/** Guesses what was meant by words that are hardly anywhere; undefined when nothing better is to be found. */
export type CorrectSpelling = (
  candidates: CandidateReader,
  terms: readonly LookupTerm[],
  filters: SearchFilters,
) => Promise<readonly string[] | undefined>

/**
 * The index knows the words of all repositories. Which of them was meant is told only by repositories that the viewer
 * may see and that say the word in their own names or descriptions: nobody learns what private ones are about.
 */
export function createCorrectSpelling(searchIndex: Pick<SearchIndex, 'listWordsLike'>): CorrectSpelling {
  /** What may have been meant by a word: the word itself, for another may be the wrong one, then the likeliest. */
  async function listMeant(typed: string): Promise<readonly string[]> {
    if ([...typed].length < SHORTEST_CORRECTED) return [typed]
    const errors = forgivenErrors(typed)
    const like = await searchIndex.listWordsLike(typed, MAX_LIKE)
    const meant = like
      .map(({ word, documents }) => ({ word, documents, distance: editDistance(typed, word, errors) }))
      .filter(({ distance }) => distance > 0 && distance <= errors)
      .sort((a, b) => a.distance - b.distance || b.documents - a.documents)
      .slice(0, MAX_MEANT)
    return [typed, ...meant.map(({ word }) => word)]
  }

  return async (candidates, terms, filters) => {
    const meant = await Promise.all(terms.map(({ typed }) => listMeant(typed)))
    if (meant.every((words) => words.length === 1)) return undefined
    const match = {
      how: 'words',
      key: undefined,
      terms: terms.map(({ ownerIds }, index) => ({ words: meant[index] ?? [], prefix: undefined, ownerIds })),
    } as const
    const witnesses = await candidates.list({
      match,
      filters,
      before: undefined,
      limit: MAX_WITNESSES,
    })
    const texts = witnesses.map(
      ({ repository }) => new Set(wordsOf(`${repository.name.replace('/', ' ')} ${repository.description}`)),
    )
    const isTyped = (words: readonly string[]) =>
      words.length === terms.length && words.every((word, index) => word === terms[index]?.typed)
    return firstCombination(
      meant,
      (words) => !isTyped(words) && texts.some((text) => words.every((word) => text.has(word))),
    )
  }
}

/** The first way to choose one of each list that fits, as do all its beginnings. */
function firstCombination(
  lists: readonly (readonly string[])[],
  fits: (words: readonly string[]) => boolean,
): readonly string[] | undefined {
  const choose = (chosen: readonly string[]): readonly string[] | undefined => {
    const rest = lists[chosen.length]
    // What does not fit already will not with more words.
    if (!fits(chosen)) return undefined
    if (rest === undefined) return chosen
    for (const word of rest) {
      const found = choose([...chosen, word])
      if (found !== undefined) return found
    }
    return undefined
  }
  return choose([])
}
