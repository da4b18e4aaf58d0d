import { RegistryError } from './error-codes.ts'
import { type RepositoryName, readRepositoryName } from './repository-name.ts'

declare const repositoryPatternBrand: unique symbol

/**
 * Which repositories are meant: one by its name (`acme/web`), or all that a pattern covers (`acme/web-*`, `acme/**`,
 * `**`). `*` stands for any characters within one component, none included; a component that is `**` stands for one or
 * more whole components. Only {@link readRepositoryPattern} makes one.
 */
export type RepositoryPattern = string & { readonly [repositoryPatternBrand]: true }

const ANY_CHARACTERS = '*'
const ANY_COMPONENTS = '**'

/** As long as the longest name. */
const MAX_LENGTH = 255

/** More than anybody needs, and few enough to be read by whoever has to understand what a pattern gives away (S34). */
const MAX_STARS = 16

/** Reads a whole pattern, namespace included; an exact one of one component gets `library/`. Undefined when it is none. */
export function readRepositoryPattern(text: string): RepositoryPattern | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const stars = text.split(ANY_CHARACTERS).length - 1
  // A name without a star is valid as a name is, which is also where `library/` comes from.
  if (stars === 0) return readRepositoryName(text) as RepositoryPattern | undefined
  if (stars > MAX_STARS) return undefined
  const components = text.split('/')
  // A lone `web-*` would mean `library/web-*` if it were read like a name: hardly what anybody wants.
  if (components.length === 1 && text !== ANY_COMPONENTS) return undefined
  for (const component of components) {
    if (component.includes(ANY_COMPONENTS) && component !== ANY_COMPONENTS) return undefined
  }
  // With a letter for each wildcard it has to be a name: no other choice makes one where a letter does not, so what is
  // refused here (`acme/-*`, `acme/..`) could never cover anything.
  const example = text.replaceAll(ANY_COMPONENTS, 'a').replaceAll(ANY_CHARACTERS, 'a')
  return readRepositoryName(example) === undefined ? undefined : (text as RepositoryPattern)
}

/**
 * Reads a whole pattern, namespace included; an exact one of one component gets `library/`.
 * @throws RegistryError NAME_INVALID
 */
export function parseRepositoryPattern(text: string): RepositoryPattern {
  const pattern = readRepositoryPattern(text)
  if (pattern !== undefined) return pattern
  throw new RegistryError('NAME_INVALID', {
    message:
      'a pattern is the name of a repository with its namespace, in which * stands for any characters of one component ' +
      'and a component ** for one or more whole ones, such as acme/web-* or acme/**; ** alone is every repository. ' +
      `Write the namespace in front; at most ${MAX_LENGTH} characters and ${MAX_STARS} stars`,
    detail: { pattern: text.slice(0, MAX_LENGTH + 1) },
  })
}

/** Whether the pattern has no wildcard: then it is the name of one repository, which it covers and no other. */
export function isExactPattern(pattern: RepositoryPattern): pattern is RepositoryPattern & RepositoryName {
  return !pattern.includes(ANY_CHARACTERS)
}

/**
 * What every name begins with that the pattern covers: all before its first wildcard, so that a search in an index can
 * begin there. Takes relative patterns too.
 */
export function literalPrefixOf(pattern: string): string {
  const star = pattern.indexOf(ANY_CHARACTERS)
  return star < 0 ? pattern : pattern.slice(0, star)
}

/**
 * What a pattern says within one namespace: `web-*` of `acme/web-*` for `acme`. Undefined when the pattern does not
 * begin with this namespace literally, as `**` does not, though it covers repositories of it.
 */
export function relativePattern(namespace: string, pattern: RepositoryPattern): string | undefined {
  const start = `${namespace}/`
  return pattern.startsWith(start) ? pattern.slice(start.length) : undefined
}

/**
 * Whether the pattern covers the repository of this name. Both are whole, or both relative to the same namespace
 * (`web-*` and `web-api`), which is how grants are stored. At most, every character of the pattern is compared once with
 * every one of the name, however hostile the pattern (S34).
 */
export function covers(pattern: string, name: string): boolean {
  // Settles most pairs of a grant and a repository, at a tenth of the cost.
  if (!name.startsWith(literalPrefixOf(pattern))) return false
  return fits(pattern.split('/'), name.split('/'), { wildcard: ANY_COMPONENTS, atLeast: 1, fitsOne: coversComponent })
}

function coversComponent(pattern: string, component: string): boolean {
  if (!pattern.includes(ANY_CHARACTERS)) return pattern === component
  return fits(pattern.split(''), component.split(''), { wildcard: ANY_CHARACTERS, atLeast: 0, fitsOne: isSame })
}

function isSame(one: string, other: string): boolean {
  return one === other
}

/**
 * Whether a row of items (components, or the characters of one) fits a row of patterns in which a wildcard stands for
 * `atLeast` or more items. What follows a wildcard is tried at the first place, then at the next; only the last wildcard
 * seen is ever tried again, for whatever an earlier one could take in exchange, the last can take too.
 */
function fits(
  patterns: readonly string[],
  items: readonly string[],
  { wildcard, atLeast, fitsOne }: Wildcards,
): boolean {
  let at = 0
  let item = 0
  let lastWildcard: { readonly after: number; firstItem: number } | undefined
  while (item < items.length) {
    const pattern = patterns[at]
    const current = items[item]
    if (pattern === wildcard) {
      at += 1
      item += atLeast
      lastWildcard = { after: at, firstItem: item }
    } else if (pattern !== undefined && current !== undefined && fitsOne(pattern, current)) {
      at += 1
      item += 1
    } else if (lastWildcard !== undefined) {
      lastWildcard.firstItem += 1
      at = lastWildcard.after
      item = lastWildcard.firstItem
    } else {
      return false
    }
  }
  while (atLeast === 0 && patterns[at] === wildcard) at += 1
  return at === patterns.length
}

interface Wildcards {
  readonly wildcard: string
  /** How many items a wildcard stands for at least: 0 or 1. */
  readonly atLeast: number
  readonly fitsOne: (pattern: string, item: string) => boolean
}
