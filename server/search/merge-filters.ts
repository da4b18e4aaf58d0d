import type { SearchFilters } from '../../storage/metadata/search-index.ts'
import { SearchRefusal } from './search-refusal.ts'

/** What is asked of a repository besides its words. */
export type QualifiedFilters = Omit<SearchFilters, 'ownerIds'>

/**
 * What several qualifiers ask for together: ranges are narrowed, labels add up.
 * @throws SearchRefusal where two want different things of what is only asked for once.
 */
export function mergeFilters(all: readonly QualifiedFilters[]): QualifiedFilters {
  const labels = all.flatMap((filters) => filters.labels ?? [])
  return {
    visibility: theOne(all.map(({ visibility }) => visibility)),
    isOfficial: theOne(all.map(({ isOfficial }) => isOfficial)),
    state: theOne(all.map(({ state }) => state)),
    kind: theOne(all.map(({ kind }) => kind)),
    architecture: theOne(all.map(({ architecture }) => architecture)),
    os: theOne(all.map(({ os }) => os)),
    labels: labels.length === 0 ? undefined : labels,
    pushedSince: furthest(
      all.map(({ pushedSince }) => pushedSince),
      Math.max,
    ),
    pushedBefore: furthest(
      all.map(({ pushedBefore }) => pushedBefore),
      Math.min,
    ),
    minStars: furthest(
      all.map(({ minStars }) => minStars),
      Math.max,
    ),
    maxStars: furthest(
      all.map(({ maxStars }) => maxStars),
      Math.min,
    ),
  }
}

function theOne<T>(values: readonly (T | undefined)[]): T | undefined {
  const [first, second] = new Set(values.filter((value) => value !== undefined))
  if (second === undefined) return first
  throw new SearchRefusal('QUERY_INVALID', `${first} and ${second} cannot be asked for at once; leave one of them out`)
}

function furthest(
  values: readonly (number | undefined)[],
  choose: (...numbers: number[]) => number,
): number | undefined {
  const given = values.filter((value) => value !== undefined)
  return given.length === 0 ? undefined : choose(...given)
}
