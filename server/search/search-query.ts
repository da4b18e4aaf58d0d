import type { RepositoryName } from '../../oci/repository-name.ts'
import type { QualifiedFilters } from './merge-filters.ts'

/** The names of the qualifiers, in the order in which people are told of them. */
export const QUALIFIERS = ['org', 'is', 'arch', 'os', 'label', 'pushed', 'stars', 'type'] as const
export type Qualifier = (typeof QUALIFIERS)[number]

/** What a query asks for, read from its text. */
export interface SearchQuery {
  /** As it was typed. */
  readonly text: string
  /** Whether anything but qualifiers was typed: signs alone make no words, and find nothing. */
  readonly hasText: boolean
  /** The words to find, as the index writes them, each once. */
  readonly words: readonly string[]
  /** All that was typed beside qualifiers, as one word. */
  readonly key: string
  /** The repository of exactly this name, if what was typed can be one: `nginx` is `library/nginx`. */
  readonly name: RepositoryName | undefined
  /** Behind the name, as in `nginx:1.25`. */
  readonly tag: string | undefined
  /** The same, if its last word may have been meant as a tag: `nginx 1.25` as `nginx:1.25`. */
  readonly withTag: SearchQuery | undefined
  /** Names of accounts; one of them must be the owner. Undefined when none was asked for. */
  readonly organizations: readonly string[] | undefined
  readonly filters: QualifiedFilters
  /** The qualifiers that were used, each once. */
  readonly used: readonly Qualifier[]
}
