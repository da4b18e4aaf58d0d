import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'
import type { SearchFilters, SearchTerm } from '../../storage/metadata/search-index.ts'

/** A word that is looked for, with all that may stand for it; the first of its words is the one that was typed. */
export type LookupTerm = SearchTerm & { readonly typed: string }

/** All that is needed to find candidates and to tell how well they fit. */
export interface Lookup {
  readonly terms: readonly LookupTerm[]
  /** What was typed, as one word. */
  readonly key: string
  readonly filters: SearchFilters
  /** What was typed, if that can be the whole name of a repository. */
  readonly name: RepositoryName | undefined
  /** The repository that has this name, or had it; the caller may not be one to see it. */
  readonly named: Pick<Repository, 'id' | 'name' | 'ownerId'> | undefined
  /** Milliseconds since the epoch: what popularity and freshness are measured at. */
  readonly at: number
}
