import type { SearchFilters, SearchMatch, SearchTerm } from '../search-index.ts'
import {
  beginningOf,
  gramsOf,
  labelFacet,
  marked,
  monthOf,
  ownerFacet,
  starLevel,
  textFacet,
  unique,
} from './search-tokens.ts'
import { MARKS } from './token-marks.ts'
import { type TokenShard, tokenIn, UNSHARDED } from './token-shards.ts'

/** A token that no document has. */
const NOWHERE = `"${MARKS.facet}nowhere"`

/** Of whose documents something is asked, and how their tokens are written. */
export interface TokenScope {
  readonly shards: readonly TokenShard[]
  /** Only documents of these accounts; undefined for all in these shards. */
  readonly ownerIds: readonly number[] | undefined
}

/**
 * A match and filters as FTS5 reads them. What is in quotes is no operator, and nothing in quotes is taken apart: it is
 * made of letters and digits, whatever the user typed.
 */
export function matchExpression(request: {
  readonly match: SearchMatch
  readonly filters: SearchFilters
  readonly scope: TokenScope
  /** Milliseconds since the epoch. */
  readonly now: number
}): string {
  const { match, filters, scope, now } = request
  const { shards, ownerIds } = scope
  const owners = ownerIds === undefined ? [] : [anyOf(marked('facet', ownerIds.map(ownerFacet)))]
  const expression = [...matchParts(match, shards), ...filterExpressions(filters, now), ...owners]
  // FTS5 has no expression for everything.
  return expression.length === 0 ? anyOf(marked('facet', ['all'])) : expression.join(' AND ')
}

/** FTS5's expression for any of some tokens; for none at all, if there are none. */
export function anyOf(tokens: readonly string[], shards: readonly TokenShard[] = [UNSHARDED]): string {
  const written = unique(shards.flatMap((shard) => tokens.map((token) => quote(token, shard))))
  return `(${written.join(' OR ') || NOWHERE})`
}

/** FTS5's expression for all of some tokens; for none at all, if there are none. */
export function allOf(tokens: readonly string[], shards: readonly TokenShard[] = [UNSHARDED]): string {
  return `(${tokens.map((token) => anyOf([token], shards)).join(' AND ') || NOWHERE})`
}

/** The tokens of names that begin with a key. */
export function startTokens(key: string): string[] {
  return marked('start', [beginningOf(key) ?? ''])
}

function matchParts(match: SearchMatch, shards: readonly TokenShard[]): string[] {
  switch (match.how) {
    case 'any':
      return []
    case 'exact':
      return [anyOf(marked('exact', [match.key]), shards)]
    case 'start':
      return [anyOf(startTokens(match.key), shards)]
    case 'words': {
      const tokens = match.terms.map(termTokens)
      const terms = tokens.map((anyOfThese) => anyOf(anyOfThese, shards)).join(' AND ')
      const begun = beginningOf(match.key ?? '')
      // A single word that was typed asks for this beginning itself.
      const isThere = begun === undefined || (tokens.length === 1 && tokens[0]?.includes(begun))
      return isThere ? [terms] : [`((${terms}) OR ${anyOf([begun], shards)})`]
    }
    case 'substring':
      return [allOf(marked('gram', unique(match.keys.flatMap(gramsOf))), shards)]
  }
}

function termTokens({ words, prefix, ownerIds }: SearchTerm): string[] {
  const beginning = prefix === undefined ? undefined : beginningOf(prefix)
  return [...words, ...(beginning === undefined ? [] : [beginning]), ...marked('facet', ownerIds.map(ownerFacet))]
}

function filterExpressions(filters: SearchFilters, now: number): string[] {
  const { ownerIds, isOfficial, state, kind, architecture, os, labels, minStars, maxStars } = filters
  const facets: string[][] = []
  if (ownerIds !== undefined) facets.push(ownerIds.map(ownerFacet))
  if (isOfficial !== undefined) facets.push([isOfficial ? 'official' : 'unofficial'])
  if (state !== undefined) facets.push([`s${state}`])
  if (kind !== undefined) facets.push([`k${kind}`])
  if (architecture !== undefined) facets.push([textFacet('a', architecture)])
  if (os !== undefined) facets.push([textFacet('p', os)])
  for (const { key, value } of labels ?? []) facets.push([labelFacet(key, value)])
  if (minStars !== undefined || maxStars !== undefined) facets.push(starTokens(minStars ?? 0, maxStars ?? Infinity))
  const months = monthTokens(filters.pushedSince, filters.pushedBefore ?? now)
  if (months !== undefined) facets.push(months)
  return facets.map((tokens) => anyOf(marked('facet', tokens)))
}

function starTokens(min: number, max: number): string[] {
  const [lowest, highest] = [starLevel(Math.max(min, 0)), Math.min(starLevel(max), 40)]
  return Array.from({ length: Math.max(highest - lowest + 1, 0) }, (_, level) => `r${lowest + level}`)
}

/** A longer time is not asked for month by month. */
const MAX_MONTHS = 120

/** The months that a time lies in; undefined when there is no use in asking for them. */
function monthTokens(since: number | undefined, before: number): string[] | undefined {
  if (since === undefined) return undefined
  const [first, last] = [monthOf(since), monthOf(before)]
  if (last - first >= MAX_MONTHS) return undefined
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, month) => `m${first + month}`)
}

/** A token as a shard has it, in quotes; one that is no token is nowhere. */
function quote(token: string, shard: TokenShard): string {
  return /^[=^#@]?[\p{L}\p{N}]+$/u.test(token) ? `"${tokenIn(shard, token)}"` : NOWHERE
}
