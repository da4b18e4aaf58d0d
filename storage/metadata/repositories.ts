import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Origin } from './audit-events.ts'
import type { AccountId, RepositoryId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

export type Visibility = 'private' | 'public'

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
}

/** Whose eyes a list is made for; the permission is part of the query, never a filter after the limit. */
export type Viewer =
  | { readonly kind: 'everything' }
  | { readonly kind: 'account'; readonly accountId: AccountId }
  | { readonly kind: 'anonymous' }

export interface RepositoryStore {
  find(name: RepositoryName): Promise<Repository | undefined>
  /** Repositories with content that the viewer may pull, in order of name. */
  listVisible(viewer: Viewer, page: PageRequest): Promise<Page<Repository>>
  setVisibility(id: RepositoryId, visibility: Visibility, origin: Origin): Promise<Repository | undefined>
  /** Removes the repository with its tags, manifests and blob links; false when it is gone already. */
  delete(id: RepositoryId, origin: Origin): Promise<boolean>
}
