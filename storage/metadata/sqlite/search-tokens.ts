import { createHash } from 'node:crypto'
import { namespaceOf, OFFICIAL_NAMESPACE, pathOf, type RepositoryName } from '../../../oci/repository-name.ts'
import type { ManifestKind } from '../manifests.ts'
import type { RepositoryState } from '../repositories.ts'
import { keyOf, LONGEST_BEGINNING, wordsOf } from '../search-words.ts'
import { MARKS, type Mark } from './token-marks.ts'
import { type TokenShard, tokenIn } from './token-shards.ts'

/** The shortest beginning that is a token. */
const SHORTEST_BEGINNING = 2

const GRAM_LENGTH = 3

/** Words of a text beyond these are not looked at: a README is found by what it begins with. */
const MAX_WORDS = { description: 60, labels: 100, readme: 400 } as const

/** What a document is made from. */
export interface DocumentSource {
  readonly name: RepositoryName
  readonly ownerId: number
  readonly state: RepositoryState
  readonly description: string
  readonly readme: string
  readonly labels: Readonly<Record<string, string>>
  readonly kinds: readonly ManifestKind[]
  readonly platforms: readonly string[]
  readonly stars: number
  readonly pushedAt: number
}

/** The tokens of a document, separated by spaces, as they are written in some shards. */
export function documentTokens(source: DocumentSource, shards: readonly TokenShard[]): string {
  const path = pathOf(source.name)
  const words = (text: string, limit: number) => unique(wordsOf(text)).slice(0, limit)
  const tokens = [
    ...nameTokens([keyOf(path), keyOf(lastComponent(path))], path),
    ...words(source.description, MAX_WORDS.description),
    ...words(Object.values(source.labels).join(' '), MAX_WORDS.labels),
    ...words(source.readme, MAX_WORDS.readme),
    ...marked('facet', facetsOf(source)),
  ]
  return unique(shards.flatMap((shard) => tokens.map((token) => tokenIn(shard, token)))).join(' ')
}

/** The tokens that a name is found by, a repository's or an account's. */
export function nameTokens(keys: readonly string[], text: string): string[] {
  const words = wordsOf(text)
  return [
    ...words,
    // Without a mark of their own: what is a word somewhere or the beginning of a name is one token to look for, not three.
    ...[...words, ...keys].flatMap(prefixesOf),
    ...marked('exact', keys),
    ...marked('start', keys.flatMap(prefixesOf)),
    ...marked('gram', keys.flatMap(gramsOf)),
  ]
}

export function marked(mark: Mark, tokens: readonly string[]): string[] {
  return tokens.map((token) => MARKS[mark] + token)
}

/** The grams that are there if a name contains a key. */
export function gramsOf(key: string): string[] {
  const letters = [...key]
  const grams: string[] = []
  for (let at = 0; at + GRAM_LENGTH <= letters.length; at++) grams.push(letters.slice(at, at + GRAM_LENGTH).join(''))
  return grams
}

/** The beginning by which what begins with a key is found; undefined for a key that is too short. */
export function beginningOf(key: string): string | undefined {
  const letters = [...key]
  return letters.length < SHORTEST_BEGINNING ? undefined : letters.slice(0, LONGEST_BEGINNING).join('')
}

function facetsOf(source: DocumentSource): string[] {
  const { name, ownerId, state, labels, kinds, platforms, stars, pushedAt } = source
  const isOfficial = namespaceOf(name) === OFFICIAL_NAMESPACE
  const parts = platforms.map((platform) => platform.split('/'))
  return [
    'all',
    ownerFacet(ownerId),
    isOfficial ? 'official' : 'unofficial',
    `s${state}`,
    ...kinds.map((kind) => `k${kind}`),
    ...parts.flatMap(([os = '', architecture = '']) => [textFacet('p', os), textFacet('a', architecture)]),
    ...Object.entries(labels).flatMap(([key, value]) => [labelFacet(key, undefined), labelFacet(key, value)]),
    `r${starLevel(stars)}`,
    `m${monthOf(pushedAt)}`,
  ]
}

/** The facet of what an account owns. */
export function ownerFacet(ownerId: number): string {
  return `o${ownerId}`
}

/** A facet for text of any kind, of the kind that a letter stands for: `a` architecture, `p` operating system. */
export function textFacet(letter: string, text: string): string {
  return letter + hash(text)
}

/** The facet of what has a label, with a value or with any. */
export function labelFacet(key: string, value: string | undefined): string {
  return `l${hash(value === undefined ? key : `${key}=${value}`)}`
}

/** Text of any kind as a token. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20)
}

/** Stars by doublings: documents move to another level seldom. Whoever searches checks the number itself, too. */
export function starLevel(stars: number): number {
  return Math.floor(Math.log2(stars + 1))
}

/** Months since the year 0, by which documents are found; whoever searches checks the time itself, too. */
export function monthOf(time: number): number {
  const date = new Date(time)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

function lastComponent(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function prefixesOf(word: string): string[] {
  const letters = [...word]
  const longest = Math.min(letters.length, LONGEST_BEGINNING)
  const prefixes: string[] = []
  for (let length = SHORTEST_BEGINNING; length <= longest; length++) prefixes.push(letters.slice(0, length).join(''))
  return prefixes
}

export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
