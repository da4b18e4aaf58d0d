import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

/** More words than these are not listed beside the one that was meant. */
const FEW = 8
/** More strokes than these are no slip. */
const MAX_STROKES = 4

/**
 * Reads one of a few words, such as a permission.
 * @param kind what the words are, for the refusal: `permission`.
 * @throws CliError usage, with the word that was most likely meant.
 */
export function chooseWord<Word extends string>(text: string, words: readonly Word[], kind: string): Word {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  const near = nearestWord(text, words)
  const all = words.join(', ')
  const others = words.length > FEW ? '' : ` There are ${all}`
  throw new CliError(`there is no ${kind} ${JSON.stringify(text.slice(0, 100))}`, {
    exitCode: EXIT.usage,
    hint: near === undefined ? `use one of ${all}` : `did you mean ${near}?${others}`,
  })
}

/** The word that takes the fewest strokes to correct to; undefined when none is near. */
export function nearestWord<Word extends string>(text: string, words: readonly Word[]): Word | undefined {
  const typed = text.toLowerCase()
  const [best] = words
    .map((word) => ({ word, strokes: strokesBetween(typed, word) }))
    .filter(({ word, strokes }) => strokes <= Math.min(Math.floor(word.length / 2), MAX_STROKES))
    .sort((one, other) => one.strokes - other.strokes)
  return best?.word
}

/** Longer texts are no misspellings. */
const MAX_LENGTH = 50

/** How many characters must be put in, taken out, replaced, or changed with their neighbour (Damerau and Levenshtein). */
function strokesBetween(one: string, other: string): number {
  if (one.length > MAX_LENGTH) return Number.POSITIVE_INFINITY
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1]
      const isSwapped = row > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    beforeLast = last
    last = current
  }
  return last[other.length] ?? 0
}
