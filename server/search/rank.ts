import { namespaceOf, OFFICIAL_NAMESPACE, pathOf } from '../../oci/repository-name.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'
import type { IndexedRepository, SearchCandidate } from '../../storage/metadata/search-index.ts'
import { wordsOf } from '../../storage/metadata/search-words.ts'
import type { Lookup, LookupTerm } from './lookup.ts'

/**
 * How well a name fits, before anything else counts. All that counts besides multiplies by 0.02 to 11, so an exact name
 * always comes first, even of what nobody should use any more; a name that only begins alike can be overtaken by one
 * that has the word in it and that everybody uses.
 */
const FIT = { named: 1_000_000_000, exact: 100_000, start: 100 } as const

/** What a word is worth by where it is found. */
const FIELD = { name: 10, namespace: 5, label: 3, partOfName: 2, description: 2, readme: 1 } as const

/** A word that was only begun, or that is one of those that begin so, says less than the word itself. */
const BEGUN = 0.8

/** Milliseconds in which a repository to which nothing is pushed loses a quarter of its score, and half in the end. */
const STALE_AFTER_MS = 365 * 86_400_000

const OFFICIAL_BONUS = 1.2

/** What is deprecated or archived comes after all else that fits as well, and before what fits in a lesser way. */
const RETIRED_MALUS = 0.04

/** Sorts candidates by how well they fit, the best first. */
export function rank(candidates: readonly SearchCandidate[], lookup: Lookup): SearchCandidate[] {
  return candidates
    .map((candidate) => ({ candidate, score: scoreOf(candidate, lookup) }))
    .sort((a, b) => b.score - a.score || b.candidate.position - a.candidate.position)
    .map(({ candidate }) => candidate)
}

/** True when the last component of the name, or the name without its namespace, begins with this key. */
export function beginsWithKey(repository: Pick<Repository, 'name'>, key: string): boolean {
  return keysOf(repository).some((own) => own.startsWith(key))
}

function scoreOf(candidate: SearchCandidate, lookup: Lookup): number {
  const { repository } = candidate
  const fit = repository.id === lookup.named?.id ? FIT.named : fitOf(candidate, lookup)
  const retired = repository.state === 'active' ? 1 : RETIRED_MALUS
  const official = namespaceOf(repository.name) === OFFICIAL_NAMESPACE ? OFFICIAL_BONUS : 1
  return fit * popularityFactor(candidate) * freshness(repository, lookup.at) * official * retired
}

function popularityFactor({ popularity }: SearchCandidate): number {
  return 1 + Math.log10(1 + popularity)
}

function freshness({ pushedAt }: IndexedRepository, at: number): number {
  const ageMs = Math.max(at - pushedAt, 0)
  return 0.5 + 0.5 * 2 ** (-ageMs / STALE_AFTER_MS)
}

function fitOf({ repository, labels }: SearchCandidate, { terms, key }: Lookup): number {
  if (terms.length === 0) return 1
  const keys = keysOf(repository)
  if (keys.includes(key)) return FIT.exact
  if (keys.some((own) => own.startsWith(key))) return FIT.start
  const texts: Texts = {
    ownerId: repository.ownerId,
    name: nameWords(pathOf(repository.name)),
    namespace: nameWords(namespaceOf(repository.name)),
    key: keys[0],
    labels: Object.values(labels).join(' '),
    description: repository.description,
  }
  return terms.reduce((sum, term) => sum + worthOf(term, texts), 0) / terms.length
}

/** What the words of a query are looked for in. */
interface Texts {
  readonly ownerId: number
  readonly name: readonly string[]
  readonly namespace: readonly string[]
  readonly key: string
  readonly labels: string
  readonly description: string
}

/** The best of the places where a word is found; one that is found in none of these is in the README. */
function worthOf({ typed, words, prefix, ownerIds }: LookupTerm, texts: Texts): number {
  if (texts.name.includes(typed)) return FIELD.name
  const begins = (word: string) => words.includes(word) || (prefix !== undefined && word.startsWith(prefix))
  if (texts.name.some(begins)) return FIELD.name * BEGUN
  if (texts.namespace.includes(typed)) return FIELD.namespace
  if (ownerIds.some((id) => id === texts.ownerId)) return FIELD.namespace * BEGUN
  if (hasAnyWord(texts.labels, words)) return FIELD.label
  if (texts.key.includes(typed)) return FIELD.partOfName
  return hasAnyWord(texts.description, words) ? FIELD.description : FIELD.readme
}

/** The name without its namespace, and its last component, as one word each. */
function keysOf({ name }: Pick<Repository, 'name'>): readonly [string, ...string[]] {
  const path = pathOf(name)
  const slash = path.lastIndexOf('/')
  return slash < 0 ? [nameKey(path)] : [nameKey(path), nameKey(path.slice(slash + 1))]
}

// Names are made of a-z, 0-9 and separators, and a search looks at hundreds of them.

function nameWords(name: string): readonly string[] {
  return name.split(/[._/-]+/)
}

function nameKey(name: string): string {
  return name.replace(/[._/-]+/g, '')
}

/** Whether one of some words stands in a text, without cutting the whole text into words where it can be avoided. */
function hasAnyWord(text: string, words: readonly string[]): boolean {
  const folded = /^[\0-\x7f]*$/.test(text) ? text.toLowerCase() : wordsOf(text).join(' ')
  return words.some((word) => hasWord(folded, word))
}

function hasWord(folded: string, word: string): boolean {
  for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + 1)) {
    if (!isLetterOrDigit(folded.charCodeAt(at - 1)) && !isLetterOrDigit(folded.charCodeAt(at + word.length)))
      return true
  }
  return false
}

/** Of what is folded: what is not ASCII has no signs left. Beyond an end there is none. */
function isLetterOrDigit(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code > 0x7f
}
