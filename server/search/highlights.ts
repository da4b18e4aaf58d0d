import type { SearchCandidate } from '../../storage/metadata/search-index.ts'
import { type FoldedText, foldText, type TextRange } from './folded-text.ts'
import type { Lookup, LookupTerm } from './lookup.ts'

/** Where something that was looked for stands. */
export interface Highlight {
  readonly field: 'name' | 'description' | 'label' | 'readme'
  /** As it is stored; of a README the part around the first place. */
  readonly text: string
  /** In order, without overlaps. */
  readonly ranges: readonly TextRange[]
}

/** Characters of a README that are shown. */
const EXCERPT_LENGTH = 200

/** A README is read in pieces of about this many characters, up to the first in which something stands. */
const PIECE_LENGTH = 2_000

/** Where the words stand in a repository's own texts: its name, description and labels. */
export function highlight({ repository, labels }: SearchCandidate, lookup: Lookup): Highlight[] {
  const { terms, key } = lookup
  const highlights: Highlight[] = []
  const add = (field: Highlight['field'], text: string, ranges: readonly TextRange[]) => {
    if (ranges.length > 0) highlights.push({ field, text, ranges })
  }
  const name = foldText(repository.name)
  const typed = terms.map((term) => term.typed)
  add('name', repository.name, merge([...wordRanges(name, terms, true), ...partRanges(name, [key, ...typed])]))
  add('description', repository.description, merge(wordRanges(foldText(repository.description), terms, false)))
  for (const [labelKey, value] of Object.entries(labels)) {
    const shift = labelKey.length + 1
    const ranges = wordRanges(foldText(value), terms, false)
    add('label', `${labelKey}=${value}`, merge(ranges.map(([start, end]) => [start + shift, end + shift])))
  }
  return highlights
}

/** The part of a README around the first of the words; undefined when none is there. */
export function excerpt(readme: string, { terms }: Lookup): Highlight | undefined {
  const words = terms.flatMap((term) => term.words)
  for (let from = 0; from < readme.length; ) {
    const to = endOfPiece(readme, from)
    const piece = readme.slice(from, to)
    const [first] = mayHave(piece, words) ? merge(wordRanges(foldText(piece), terms, false)) : []
    if (first !== undefined) {
      const text = around(readme, from + first[0], from + first[1])
      return { field: 'readme', text, ranges: merge(wordRanges(foldText(text), terms, false)) }
    }
    from = to
  }
  return undefined
}

/** @param isName whether words that begin with a term count, as they do in names. */
function wordRanges(text: FoldedText, terms: readonly LookupTerm[], isName: boolean): TextRange[] {
  const ranges: TextRange[] = []
  for (const { word, at } of text.words) {
    const length = terms.reduce((longest, term) => Math.max(longest, lengthIn(word, term, isName)), 0)
    if (length > 0) ranges.push(text.rangeOf(at, length))
  }
  return ranges
}

/** How much of a word a term stands for; 0 when it is another word. */
function lengthIn(word: string, { words, prefix, typed }: LookupTerm, isName: boolean): number {
  if (word.startsWith(typed) && (words.includes(word) || (isName && prefix !== undefined))) return typed.length
  return words.includes(word) ? word.length : 0
}

/** Where keys stand that run across words (`webfrontend` in `web-frontend`) or lie within one (`ginx`). */
function partRanges({ letters, rangeOf }: FoldedText, keys: readonly string[]): TextRange[] {
  return keys.flatMap((key) => {
    const at = key.length < 3 ? -1 : letters.indexOf(key)
    return at < 0 ? [] : [rangeOf(at, key.length)]
  })
}

function merge(ranges: readonly TextRange[]): TextRange[] {
  const merged: [number, number][] = []
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else merged.push([start, end])
  }
  return merged
}

/** Cheap, and wrong only in saying yes. */
function mayHave(text: string, words: readonly string[]): boolean {
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
  return words.some((word) => folded.includes(word))
}

/** At white space, so that no word is cut in two; in a text without any, where it must be. */
function endOfPiece(text: string, from: number): number {
  const least = from + PIECE_LENGTH
  if (least >= text.length) return text.length
  const space = /\s/g
  space.lastIndex = least
  const at = space.exec(text.slice(0, least + PIECE_LENGTH))?.index
  return at ?? wholeCharacter(text, Math.min(least + PIECE_LENGTH, text.length))
}

function around(text: string, start: number, end: number): string {
  const room = Math.max(EXCERPT_LENGTH - (end - start), 0)
  const from = Math.max(Math.min(start - Math.floor(room / 3), text.length - EXCERPT_LENGTH), 0)
  const cut = text.slice(wholeCharacter(text, from), wholeCharacter(text, Math.min(from + EXCERPT_LENGTH, text.length)))
  // A word that is cut off at either end says nothing.
  const head = from === 0 ? 0 : Math.max(cut.search(/\s/), -1) + 1
  const isTailCut = from + EXCERPT_LENGTH < text.length
  const tail = isTailCut ? cut.search(/\s\S*$/) : cut.length
  const [first, last] = [head > start - from ? 0 : head, tail < end - from ? cut.length : tail]
  return cut.slice(first, last)
}

/** A place that is not between the two halves of a character. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at
}
