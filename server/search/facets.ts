import { namespaceOf, OFFICIAL_NAMESPACE } from '../../oci/repository-name.ts'
import type { SearchCandidate } from '../../storage/metadata/search-index.ts'

/** What repositories can be told apart by, and the qualifiers that ask for it. */
export const FACETS = [
  'organization',
  'visibility',
  'kind',
  'architecture',
  'os',
  'state',
  'official',
  'label',
] as const
export type Facet = (typeof FACETS)[number]

export interface FacetValue {
  readonly value: string
  readonly count: number
}

export type FacetCounts = Readonly<Record<Facet, readonly FacetValue[]>>

/** The values that are shown of each. */
const MAX_VALUES = 10

/** A label that nobody would choose from a list is prose. */
const MAX_LABEL_LENGTH = 100

/** Counts what some repositories are, the most frequent first. */
export function countFacets(candidates: readonly SearchCandidate[]): FacetCounts {
  const tallies = Object.fromEntries(FACETS.map((facet) => [facet, new Map<string, number>()])) as Tallies
  for (const candidate of candidates) count(candidate, tallies)
  return Object.fromEntries(FACETS.map((facet) => [facet, mostFrequent(tallies[facet])])) as Record<Facet, FacetValue[]>
}

type Tallies = Readonly<Record<Facet, Map<string, number>>>

function count({ repository, kinds, platforms, labels }: SearchCandidate, tallies: Tallies): void {
  const namespace = namespaceOf(repository.name)
  add(tallies.organization, namespace)
  add(tallies.official, String(namespace === OFFICIAL_NAMESPACE))
  add(tallies.visibility, repository.visibility)
  add(tallies.state, repository.state)
  for (const kind of kinds) add(tallies.kind, kind)
  for (const architecture of partsOf(platforms, 1)) add(tallies.architecture, architecture)
  for (const os of partsOf(platforms, 0)) add(tallies.os, os)
  for (const [key, value] of Object.entries(labels)) {
    const label = `${key}=${value}`
    if (label.length <= MAX_LABEL_LENGTH) add(tallies.label, label)
  }
}

function add(tally: Map<string, number>, value: string): void {
  tally.set(value, (tally.get(value) ?? 0) + 1)
}

/** A part of each platform, once. */
function partsOf(platforms: readonly string[], part: 0 | 1): ReadonlySet<string> {
  return new Set(platforms.flatMap((platform) => platform.split('/')[part] ?? []))
}

function mostFrequent(tally: ReadonlyMap<string, number>): FacetValue[] {
  return [...tally]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, MAX_VALUES)
}
