import { isTag } from '../../oci/reference.ts'
import { type RepositoryName, readRepositoryName } from '../../oci/repository-name.ts'
import { keyOf, wordsOf } from '../../storage/metadata/search-words.ts'
import { editDistance } from './edit-distance.ts'
import { mergeFilters } from './merge-filters.ts'
import { type Constraint, parseQualifier } from './query-qualifiers.ts'
import { type QueryToken, readQueryTokens } from './query-tokens.ts'
import { QUALIFIERS, type Qualifier, type SearchQuery } from './search-query.ts'
import { SearchRefusal } from './search-refusal.ts'

/** Each word costs a look into the index, and nobody types more on purpose. */
const MAX_WORDS = 12
const MAX_QUALIFIERS = 10
const MAX_LENGTH = 500

/** Words that connect others: who writes `cache for the web` wants what speaks of caches and the web. */
const CONNECTING: ReadonlySet<string> = new Set('a an and by for from in of on or the to with'.split(' '))

/** What people call a qualifier who know it from elsewhere. */
const OTHER_NAMES: ReadonlyMap<string, Qualifier> = new Map([
  ['organization', 'org'],
  ['organisation', 'org'],
  ['owner', 'org'],
  ['namespace', 'org'],
  ['architecture', 'arch'],
  ['updated', 'pushed'],
  ['visibility', 'is'],
  ['state', 'is'],
])

/** What time it is, and under which name the registry was asked. */
export interface QueryContext {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Scheme and host as the client sees them: people paste whole references. */
  readonly origin: string
}

/**
 * Reads a query: words, `"words with: signs"`, qualifiers such as `org:acme`, and references such as `nginx:1.25`. What
 * stands before a colon is a qualifier if there is one of this name, else the name of an image if the whole can be a
 * reference, else a mistake.
 * @throws SearchRefusal that names what is not understood.
 */
export function parseQuery(text: string, context: QueryContext): SearchQuery {
  if (text.length > MAX_LENGTH) throw refusal(`a search has at most ${MAX_LENGTH} characters; leave something out`)
  const host = context.origin.replace(/^.*\/\//, '')
  const free: FreeText[] = []
  const constraints: Constraint[] = []
  const used: Qualifier[] = []
  for (const token of readQueryTokens(text)) {
    const qualifier = readQualifier(token)
    if (qualifier === undefined) free.push(parseFreeText(token, host))
    else {
      constraints.push(parseQualifier(qualifier.name, qualifier.value, context.now))
      used.push(qualifier.name)
    }
  }
  if (used.length > MAX_QUALIFIERS) throw refusal(`a search has at most ${MAX_QUALIFIERS} qualifiers; leave some out`)
  const organizations = constraints.flatMap(({ organization }) => organization ?? [])
  const query: SearchQuery = {
    ...readWords(text, free),
    organizations: organizations.length === 0 ? undefined : organizations,
    filters: mergeFilters(constraints.flatMap(({ filters }) => filters ?? [])),
    used: [...new Set(used)],
  }
  if (query.words.length > MAX_WORDS) throw refusal(`a search has at most ${MAX_WORDS} words; leave some out`)
  return { ...query, withTag: readLastAsTag(query, free) }
}

/** Any text as words and nothing else, cut off where it is too long: for clients that cannot show what is wrong with it. */
export function readPlainQuery(text: string): SearchQuery {
  const query = readWords(text, [{ text: text.slice(0, MAX_LENGTH), tag: undefined }])
  return { ...query, words: query.words.slice(0, MAX_WORDS) }
}

/** A token that is no qualifier. */
interface FreeText {
  /** Without the host and tag of a reference. */
  readonly text: string
  readonly tag: string | undefined
}

function readWords(text: string, free: readonly FreeText[]): SearchQuery {
  const typed = free.map((token) => token.text).join(' ')
  const [only] = free.length === 1 ? free : []
  return {
    text,
    hasText: free.length > 0,
    words: meaningfulWords(typed),
    key: keyOf(typed),
    name: only && readName(only.text),
    tag: only?.tag,
    withTag: undefined,
    organizations: undefined,
    filters: {},
    used: [],
  }
}

function readLastAsTag(query: SearchQuery, free: readonly FreeText[]): SearchQuery | undefined {
  const last = free.at(-1)
  if (free.length < 2 || last === undefined || !isTag(last.text)) return undefined
  const { organizations, filters, used } = query
  return { ...readWords(query.text, free.slice(0, -1)), tag: last.text, organizations, filters, used }
}

function meaningfulWords(text: string): string[] {
  const words = [...new Set(wordsOf(text))]
  const meaningful = words.filter((word) => !CONNECTING.has(word))
  return meaningful.length === 0 ? words : meaningful
}

function readName(text: string): RepositoryName | undefined {
  return readRepositoryName(text.toLowerCase())
}

function readQualifier({ text, colonAt, isQuoted }: QueryToken) {
  if (colonAt === undefined || isQuoted) return undefined
  const [name, value] = [text.slice(0, colonAt).toLowerCase(), text.slice(colonAt + 1)]
  if (isQualifier(name)) return { name, value }
  if (isQualifier(name.replace(/^[-!]/, ''))) {
    throw refusal(`a search cannot leave out what ${text.slice(1, 60)} means; say what to find instead`)
  }
  return undefined
}

/** @throws SearchRefusal for what looks like a qualifier, and is none. */
function parseFreeText({ text, colonAt, isQuoted }: QueryToken, host: string): FreeText {
  if (isQuoted) return { text, tag: undefined }
  const bare = text.replace(/^[a-z]+:\/\//i, '')
  const reference = readImageReference(bare, host)
  const name = colonAt === undefined || bare !== text ? '' : text.slice(0, colonAt).toLowerCase()
  if (/^[a-z]+$/.test(name)) {
    const meant = meantQualifier(name, reference !== undefined)
    if (meant !== undefined) {
      throw refusal(
        `there is no qualifier ${name.slice(0, 50)}:, did you mean ${meant}:? To find an image of this name, write it in quotes`,
      )
    }
    if (reference === undefined && text !== `${name}:`) {
      const known = QUALIFIERS.map((qualifier) => `${qualifier}:`).join(', ')
      throw refusal(
        `there is no qualifier ${name.slice(0, 50)}:; there is ${known}. To find the words, write them in quotes`,
      )
    }
  }
  return reference ?? { text: bare, tag: undefined }
}

/**
 * The qualifier that somebody meant: by another name of it, or but for a typing error. Images have short names, so
 * where it can be one, three letters that are nearly a qualifier are an image (`ros:humble`).
 */
function meantQualifier(name: string, canBeImage: boolean): Qualifier | undefined {
  const other = OTHER_NAMES.get(name)
  if (other !== undefined) return other
  if (canBeImage && name.length < 4) return undefined
  return QUALIFIERS.find((qualifier) => editDistance(name, qualifier, 1) === 1)
}

/** Reads `[host/]name[:tag][@digest]`, as far as it says what to look for; undefined when it is not that. */
function readImageReference(text: string, host: string): FreeText | undefined {
  const [withoutDigest = ''] = text.split('@', 1)
  const path = withoutHost(withoutDigest, host)
  const colon = path.lastIndexOf(':')
  const name = colon < 0 ? path : path.slice(0, colon)
  const tag = colon < 0 ? undefined : path.slice(colon + 1)
  if (readName(name) === undefined || (tag !== undefined && !isTag(tag))) return undefined
  return { text: name, tag }
}

/** A namespace may have dots, so a host without a port is only one if it is ours. */
function withoutHost(text: string, host: string): string {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  const isHost = first === 'localhost' || first === host || first === host.split(':', 1)[0] || /:\d+$/.test(first)
  return isHost ? text.slice(slash + 1) : text
}

function isQualifier(name: string): name is Qualifier {
  return (QUALIFIERS as readonly string[]).includes(name)
}

function refusal(message: string): SearchRefusal {
  return new SearchRefusal('QUERY_INVALID', message)
}
