import type { RepositoryName } from '../../oci/repository-name.ts'
import type { RepositoryPattern } from '../../oci/repository-pattern.ts'
import type { Origin } from './audit-events.ts'
import type { AccountId, RepositoryId, RobotId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { Deletion, IfVersion } from './versions.ts'

export type Visibility = 'private' | 'public'

/** `deprecated`: still there, but something else should be used. `archived`: kept as it is, nothing more is pushed. */
export const REPOSITORY_STATES = ['active', 'deprecated', 'archived'] as const
export type RepositoryState = (typeof REPOSITORY_STATES)[number]

export interface Repository {
  readonly id: RepositoryId
  readonly name: RepositoryName
  /** The account that owns the namespace. */
  readonly ownerId: AccountId
  readonly visibility: Visibility
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Of the newest manifest; undefined while only blobs have arrived, when the repository is in no list yet. */
  readonly pushedAt: number | undefined
  readonly state: RepositoryState
  /** The repository to use in the place of one that is deprecated or archived; nobody has looked whether it is there. */
  readonly successor: RepositoryName | undefined
  /** One line, as people wrote it; empty when nobody has. */
  readonly description: string
  /** How many users have starred it. */
  readonly stars: number
  /** Since it was created; counted within a minute. */
  readonly pulls: number
  /** Pulls that count less the longer they are ago, by half in 15 days; as they stood at {@link lastPulledAt}. */
  readonly recentPulls: number
  readonly lastPulledAt: number | undefined
  /** Grows with every change of what people edit (not with pushes). */
  readonly version: number
}

/** Where a name leads. */
export interface Place {
  /** As it is called now: the account or the repository may have been renamed since the asker learned the name. */
  readonly name: RepositoryName
  readonly repository: Repository | undefined
  /** The account whose namespace it is; undefined when nobody's. */
  readonly ownerId: AccountId | undefined
}

/** Whose eyes a list is made for; the permission is part of the query, never a filter after the limit. */
export type Viewer = (
  | { readonly kind: 'everything' }
  | { readonly kind: 'user'; readonly userId: AccountId }
  | { readonly kind: 'robot'; readonly robotId: RobotId }
  | { readonly kind: 'anonymous' }
) & {
  /** For a narrowed credential: of what is not public, only repositories that one of these covers. */
  readonly within?: readonly RepositoryPattern[] | undefined
}

export interface RepositoryChanges {
  readonly visibility?: Visibility
  /** Another name in the same namespace; the repository goes on answering under the old one. */
  readonly name?: RepositoryName
  readonly description?: string
  /** Markdown, stored as given; empty removes it. */
  readonly readme?: string
  /** All of them: those that are not named are removed. */
  readonly labels?: RepositoryLabels
  /** `active` removes the successor. */
  readonly state?: RepositoryState
  /** `null` removes it; for a repository that is or becomes active it counts for nothing. */
  readonly successor?: RepositoryName | null
}

/** What people attach to a repository to find it by, such as `team: web`. */
export type RepositoryLabels = Readonly<Record<string, string>>

/** What is shown of a repository alone, not in lists. */
export interface RepositoryDetails {
  /** Markdown, as it was given; empty when there is none. */
  readonly readme: string
  readonly labels: RepositoryLabels
}

/** What a repository begins with; what is left out is as after a first push. */
export interface RepositoryBeginnings {
  /** Undefined: what its namespace wants. */
  readonly visibility?: Visibility | undefined
  readonly description?: string | undefined
}

export type RepositoryCreation =
  | { readonly kind: 'created'; readonly repository: Repository }
  /** The name leads there already, be it a former one. */
  | { readonly kind: 'exists'; readonly repository: Repository }

export type RepositoryUpdate =
  | { readonly kind: 'updated'; readonly repository: Repository }
  | { readonly kind: 'absent' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'name-taken' }

export interface RepositoryStore {
  find(name: RepositoryName): Promise<Repository | undefined>
  /**
   * Follows a name, former names included.
   * @param thoroughly look everywhere even when the name leads somewhere at once, so that the time tells nothing (I5).
   */
  locate(name: RepositoryName, options?: { readonly thoroughly: boolean }): Promise<Place>
  /**
   * Repositories with content that the viewer may pull, in order of name.
   * @param page.prefix only those whose whole names begin with it.
   */
  listVisible(viewer: Viewer, page: PageRequest & { readonly prefix?: string }): Promise<Page<Repository>>
  /** Only the names of what {@link listVisible} gives. */
  listVisibleNames(viewer: Viewer, page: PageRequest): Promise<Page<RepositoryName>>
  /** Those of some repositories that are still there, in no particular order. */
  findMany(ids: readonly RepositoryId[]): Promise<readonly Repository[]>
  /** Undefined when the repository is gone. */
  findDetails(id: RepositoryId): Promise<RepositoryDetails | undefined>
  /**
   * Makes a repository as its first push would, together with the organization that owns it where that is missing.
   * @throws RegistryError DENIED when the name of that organization is held.
   */
  create(name: RepositoryName, beginnings: RepositoryBeginnings, origin: Origin): Promise<RepositoryCreation>
  update(id: RepositoryId, changes: RepositoryChanges, origin: Origin, ifVersion?: IfVersion): Promise<RepositoryUpdate>
  /** Removes the repository with its tags, manifests and blob links. */
  delete(id: RepositoryId, origin: Origin, ifVersion?: IfVersion): Promise<Deletion>
}
