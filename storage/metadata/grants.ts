import type { Permission } from '../../oci/permission.ts'
import type { Origin } from './audit-events.ts'
import type { AccountId, GrantId, RobotId, TeamId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { Deletion, IfVersion } from './versions.ts'

/** To whom something is granted. */
export type GrantHolder =
  | { readonly kind: 'user'; readonly id: AccountId }
  | { readonly kind: 'team'; readonly id: TeamId }
  | { readonly kind: 'robot'; readonly id: RobotId }

/** A permission on the repositories of an organization that a pattern covers. */
export interface Grant {
  readonly id: GrantId
  readonly organizationId: AccountId
  readonly holder: GrantHolder & { readonly name: string }
  /** Without the organization's name, e.g. `web-*`. */
  readonly pattern: string
  readonly permission: Permission
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Another one whenever the permission changes, and for a grant that is given anew. */
  readonly version: number
}

export interface NewGrant {
  readonly organizationId: AccountId
  readonly holder: GrantHolder
  readonly pattern: string
  readonly permission: Permission
}

export interface GrantStore {
  /**
   * Gives a permission; where the holder has one for the very same pattern already, that one is changed.
   * @param ifVersion what the caller has seen of that one: nothing is given anew then.
   */
  put(
    grant: NewGrant,
    origin: Origin,
    ifVersion?: IfVersion,
  ): Promise<{ readonly kind: 'put'; readonly grant: Grant; readonly isNew: boolean } | { readonly kind: 'stale' }>
  find(organizationId: AccountId, id: GrantId): Promise<Grant | undefined>
  /** In order of their making; of one holder only, if asked for. */
  list(organizationId: AccountId, holder: GrantHolder | undefined, page: PageRequest): Promise<Page<Grant>>
  /** Those that cover a repository, given without the organization's name; in order of their making. */
  listCovering(organizationId: AccountId, path: string, page: PageRequest): Promise<Page<Grant>>
  setPermission(
    organizationId: AccountId,
    id: GrantId,
    permission: Permission,
    origin: Origin,
    ifVersion?: IfVersion,
  ): Promise<{ readonly kind: 'set'; readonly grant: Grant } | { readonly kind: 'absent' } | { readonly kind: 'stale' }>
  delete(organizationId: AccountId, id: GrantId, origin: Origin, ifVersion?: IfVersion): Promise<Deletion>
}
