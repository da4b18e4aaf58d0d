/** A part of a text, in UTF-16 code units, the end exclusive. */
export type TextRange = readonly [start: number, end: number]

/** A word as the search sees it, and its letters' place in {@link FoldedText.letters}. */
export interface PlacedWord {
  readonly word: string
  readonly at: number
}

/**
 * A text as the search sees it (storage/metadata/search-words.ts), with the way back to the text as it is written: one
 * letter there may be two here and the other way round.
 */
export interface FoldedText {
  readonly words: readonly PlacedWord[]
  /** All words joined. */
  readonly letters: string
  /** Where some letters came from. */
  rangeOf(at: number, length: number): TextRange
}

/** Characters that are words of their own, as in storage/metadata/search-words.ts. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
const ASCII = /^[\0-\x7f]*$/
const ASCII_WORD = /[a-z0-9]+/g
const ASCII_LETTER_OR_DIGIT = /[a-z0-9]/i
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
const ACCENTS = /\p{M}+/gu

/** Reads a text as the search does, remembering where everything stands. */
export function foldText(text: string): FoldedText {
  return ASCII.test(text) ? foldAscii(text.toLowerCase()) : foldAny(text)
}

/** Nearly all there is, and a search shows some thousands of words: each letter stands for itself. */
function foldAscii(text: string): FoldedText {
  const words: PlacedWord[] = []
  const starts: number[] = []
  let letters = ''
  for (const { 0: word, index } of text.matchAll(ASCII_WORD)) {
    words.push({ word, at: letters.length })
    starts.push(index)
    letters += word
  }
  const placeOf = (at: number) => {
    const which = words.findLastIndex((word) => word.at <= at)
    return (starts[which] ?? 0) + at - (words[which]?.at ?? 0)
  }
  return { words, letters, rangeOf: (at, length) => [placeOf(at), placeOf(at + length - 1) + 1] }
}

function foldAny(text: string): FoldedText {
  const words: PlacedWord[] = []
  const [starts, ends]: [number[], number[]] = [[], []]
  let letters = ''
  let wordAt = 0
  const endWord = () => {
    if (letters.length > wordAt) words.push({ word: letters.slice(wordAt), at: wordAt })
    wordAt = letters.length
  }
  let end = 0
  for (const character of toReadable(text)) {
    const start = end
    end += character.length
    const folded = fold(character)
    // An accent that is written by itself belongs to the letter before it.
    if (folded === '' && letters.length > wordAt) ends[letters.length - 1] = end
    for (const letter of folded) {
      const kind = kindOf(letter)
      if (kind !== 'spaced') endWord()
      if (kind === 'sign') continue
      for (let unit = 0; unit < letter.length; unit++) {
        starts.push(start)
        ends.push(end)
      }
      letters += letter
      if (kind === 'unspaced') endWord()
    }
  }
  endWord()
  return { words, letters, rangeOf: (at, length) => [starts[at] ?? 0, ends[at + length - 1] ?? 0] }
}

/** In lower case as a whole, for what a letter is there depends on its neighbours (Σ); a few are longer in it (İ). */
function toReadable(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text
}

function fold(character: string): string {
  return character.normalize('NFKD').toLowerCase().replace(ACCENTS, '')
}

function kindOf(letter: string): 'spaced' | 'unspaced' | 'sign' {
  if (letter < '\u0080') return ASCII_LETTER_OR_DIGIT.test(letter) ? 'spaced' : 'sign'
  if (!LETTER_OR_DIGIT.test(letter)) return 'sign'
  return UNSPACED.test(letter) ? 'unspaced' : 'spaced'
}
