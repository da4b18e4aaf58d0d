import { MANIFEST_KINDS } from '../../storage/metadata/manifests.ts'
import type { QualifiedFilters } from './merge-filters.ts'
import { parseStarRange, parseTimeRange } from './query-ranges.ts'
import type { Qualifier } from './search-query.ts'
import { SearchRefusal } from './search-refusal.ts'

/** What a qualifier adds to the search. */
export interface Constraint {
  readonly organization?: string
  readonly filters?: QualifiedFilters
}

const IS: Readonly<Record<string, QualifiedFilters>> = {
  public: { visibility: 'public' },
  private: { visibility: 'private' },
  official: { isOfficial: true },
  active: { state: 'active' },
  deprecated: { state: 'deprecated' },
  archived: { state: 'archived' },
}

/** What machines call themselves (`uname -m`), and what images call the same (Go's GOARCH). */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  x64: 'amd64',
  aarch64: 'arm64',
  armv7: 'arm',
  armhf: 'arm',
  i386: '386',
  x86: '386',
}

/** Of platforms, as images write them; anything goes, for the index knows what there is and we do not. */
const PLATFORM_PART = /^[a-z0-9][a-z0-9._-]{0,31}$/

/** An example of each, for whoever left the value out. */
const EXAMPLES: Readonly<Record<Qualifier, string>> = {
  org: 'org:acme',
  is: 'is:public',
  arch: 'arch:arm64',
  os: 'os:linux',
  label: 'label:team=web',
  pushed: 'pushed:<30d',
  stars: 'stars:>3',
  type: 'type:image',
}

/**
 * Reads the value of a qualifier.
 * @param now milliseconds since the epoch, for times that count back from it.
 * @throws SearchRefusal that says what it may be.
 */
export function parseQualifier(qualifier: Qualifier, value: string, now: number): Constraint {
  if (value === '') throw refusal(`${qualifier}: needs a value, such as ${EXAMPLES[qualifier]}`)
  const lowerCase = value.toLowerCase()
  switch (qualifier) {
    case 'org':
      return { organization: lowerCase }
    case 'is':
      return { filters: oneOf(IS, qualifier, lowerCase) }
    case 'type':
      return {
        filters: { kind: oneOf(Object.fromEntries(MANIFEST_KINDS.map((kind) => [kind, kind])), qualifier, lowerCase) },
      }
    case 'arch':
      return { filters: { architecture: platformPart(qualifier, ownEntry(ARCHITECTURES, lowerCase) ?? lowerCase) } }
    case 'os':
      return { filters: { os: platformPart(qualifier, lowerCase) } }
    case 'label':
      return { filters: { labels: [parseLabel(value)] } }
    case 'pushed':
      return { filters: parseTimeRange(value, now) }
    case 'stars':
      return { filters: parseStarRange(value) }
  }
}

/** What is wrong with a value, and what it may be. */
function wrongValue(qualifier: Qualifier, value: string, allowed: string): SearchRefusal {
  return refusal(`${qualifier}:${value.slice(0, 50)} says nothing here; ${allowed}`)
}

function refusal(message: string): SearchRefusal {
  return new SearchRefusal('QUERY_INVALID', message)
}

function oneOf<T>(values: Readonly<Record<string, T>>, qualifier: Qualifier, value: string): T {
  const found = ownEntry(values, value)
  if (found === undefined) throw wrongValue(qualifier, value, `there is ${listOf(qualifier, Object.keys(values))}`)
  return found
}

/** Whatever users name `__proto__` or `constructor` is not there. */
function ownEntry<T>(values: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

function listOf(qualifier: Qualifier, values: readonly string[]): string {
  return values.map((value) => `${qualifier}:${value}`).join(', ')
}

function platformPart(qualifier: 'arch' | 'os', value: string): string {
  if (PLATFORM_PART.test(value)) return value
  throw wrongValue(qualifier, value, `write it as images do, such as ${EXAMPLES[qualifier]}`)
}

function parseLabel(value: string) {
  const separator = value.indexOf('=')
  const key = separator < 0 ? value : value.slice(0, separator)
  if (key === '') throw wrongValue('label', value, 'write label:key=value, or label:key for any value')
  return { key, value: separator < 0 ? undefined : value.slice(separator + 1) }
}
