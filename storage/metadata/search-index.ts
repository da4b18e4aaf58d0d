import type { AccountId, RepositoryId } from './identities.ts'
import type { ManifestKind } from './manifests.ts'
import type { Repository, RepositoryState, Viewer, Visibility } from './repositories.ts'

declare const position: unique symbol

/**
 * Where a document stands among all: the better known a repository, the higher. Of a search that is cut off after
 * some candidates, these are the ones that are met first.
 */
export type SearchPosition = number & { readonly [position]: true }

/** One word that is looked for, with what may stand for it. */
export interface SearchTerm {
  /** Any of these, as whole words of names, descriptions, labels and READMEs ({@link import('./search-words.ts')}). */
  readonly words: readonly string[]
  /** Names with a word that begins with this match, too. */
  readonly prefix: string | undefined
  /** Repositories of these accounts match, too: their names contain the term. */
  readonly ownerIds: readonly AccountId[]
}

/** How documents are to match; each way finds what the ways before it find, and more (`substring` looks at names only). */
export type SearchMatch =
  /** The last component of the name, or the name without its namespace, is this key. */
  | { readonly how: 'exact'; readonly key: string }
  /** The last component, or the name without its namespace, begins with this key. */
  | { readonly how: 'start'; readonly key: string }
  /** All of these terms are there; or the name begins with this key, as far as the index knows beginnings. */
  | { readonly how: 'words'; readonly terms: readonly SearchTerm[]; readonly key: string | undefined }
  /** All of these keys, of three letters or more, are somewhere in the name without its namespace. */
  | { readonly how: 'substring'; readonly keys: readonly string[] }
  | { readonly how: 'any' }

/** What candidates must be besides; what is undefined does not matter. Of a list, one must hold. */
export interface SearchFilters {
  readonly ownerIds?: readonly AccountId[] | undefined
  readonly visibility?: Visibility | undefined
  readonly isOfficial?: boolean | undefined
  readonly state?: RepositoryState | undefined
  readonly kind?: ManifestKind | undefined
  readonly architecture?: string | undefined
  readonly os?: string | undefined
  /** All of these must hold. A label without a value may have any. */
  readonly labels?: readonly { readonly key: string; readonly value: string | undefined }[] | undefined
  /** Milliseconds since the epoch, inclusive. */
  readonly pushedSince?: number | undefined
  /** Milliseconds since the epoch, exclusive. */
  readonly pushedBefore?: number | undefined
  /** Inclusive, both. */
  readonly minStars?: number | undefined
  readonly maxStars?: number | undefined
}

/** What candidates are ranked by: hundreds of them are read, and few are shown. */
export type IndexedRepository = Pick<Repository, 'id' | 'name' | 'ownerId' | 'visibility' | 'state' | 'description'> & {
  /** Milliseconds since the epoch; only what was pushed to is found. Later pushes in the same month are not told. */
  readonly pushedAt: number
}

export interface SearchCandidate {
  readonly position: SearchPosition
  /** Recent pulls, each star as ten of them; of what is not active, and of what nobody uses, 0. Not exact. */
  readonly popularity: number
  readonly repository: IndexedRepository
  /** What its tagged images are. */
  readonly kinds: readonly ManifestKind[]
  /** As `os/architecture[/variant]`. */
  readonly platforms: readonly string[]
  /** The repository's labels, and those of its images that do not change with every build. */
  readonly labels: Readonly<Record<string, string>>
}

export interface CandidateRequest {
  readonly match: SearchMatch
  readonly filters: SearchFilters
  /** Only documents that stand lower than this. */
  readonly before: SearchPosition | undefined
  readonly limit: number
}

/** Candidates that one viewer may see, by the rights of one moment: for one search, which asks in several ways. */
export interface CandidateReader {
  /** The highest {@link SearchPosition} first. */
  list(request: CandidateRequest): Promise<readonly SearchCandidate[]>
}

/** A user or an organization that was found. */
export interface FoundAccount {
  readonly id: AccountId
  readonly kind: 'user' | 'organization'
  readonly name: string
  readonly displayName: string | undefined
}

export interface AccountRequest {
  readonly match: Extract<SearchMatch, { readonly how: 'exact' | 'start' | 'substring' }> | WordPrefixes
  readonly kind: 'user' | 'organization'
  /** Only accounts with a larger id. */
  readonly after: AccountId | undefined
  readonly limit: number
}

/** Names or display names have words that begin with all of these; every account, when there are none. */
export interface WordPrefixes {
  readonly how: 'words'
  readonly prefixes: readonly string[]
}

/** A word of the index. */
export interface IndexedWord {
  readonly word: string
  /** How many repositories have it, those that one may not see included: never to be shown. */
  readonly documents: number
}

export interface IndexBuild {
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Undefined while it is being built. */
  readonly finishedAt: number | undefined
  /** Repositories done so far. */
  readonly documents: number
}

/**
 * Finds repositories and accounts. Changes of what is found are written by the stores that make them, in the same
 * transaction. Whatever is returned the viewer may see: the permission is part of the query.
 */
export interface SearchIndex {
  candidatesFor(viewer: Viewer): Promise<CandidateReader>
  /**
   * Accounts that the viewer may know of: oneself, one's organizations and their members, the owners of repositories
   * that are public; everything for those who may see everything.
   */
  listAccounts(viewer: Viewer, request: AccountRequest): Promise<readonly FoundAccount[]>
  /** Accounts whose names are or begin with a term, for {@link SearchTerm.ownerIds}; not to be shown. */
  findOwners(prefix: string, limit: number): Promise<readonly AccountId[]>
  /** Frequent words that begin with some letters. */
  listWordsFrom(prefix: string, limit: number): Promise<readonly IndexedWord[]>
  /** Words that are a typing error away from one, or two from a long one; with some that are further. */
  listWordsLike(word: string, limit: number): Promise<readonly IndexedWord[]>
  /** The README's text, for an excerpt. */
  findReadme(id: RepositoryId): Promise<string | undefined>

  /** Starts to build the index anew, while it goes on answering. */
  startBuild(): Promise<IndexBuild>
  findBuild(): Promise<IndexBuild | undefined>
  /** Does a piece of a build that has been started; undefined when there is none to do. One transaction, some milliseconds. */
  continueBuild(limit: number): Promise<IndexBuild | undefined>
  /**
   * Puts together what changes have left in pieces, which makes searching faster: a little at each call, some
   * milliseconds. False when there was nothing to do.
   */
  tidy(): Promise<boolean>
  /** Moves documents to where popularity has them now: some, from a repository on; the last repository looked at, undefined at the end. */
  refreshPositions(after: RepositoryId | undefined, limit: number): Promise<RepositoryId | undefined>
}
