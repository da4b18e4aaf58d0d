import type { Origin } from './audit-events.ts'
import type { AccountId, TeamId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { Deletion, IfVersion } from './versions.ts'

/** Some members of an organization, to whom something can be granted together. */
export interface Team {
  readonly id: TeamId
  readonly organizationId: AccountId
  readonly name: string
  readonly memberCount: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Another one whenever the name changes, and for a team that is made anew; who is in it does not matter. */
  readonly version: number
}

export interface TeamMember {
  readonly userId: AccountId
  readonly username: string
  readonly displayName: string | undefined
}

export interface TeamStore {
  find(organizationId: AccountId, name: string): Promise<Team | undefined>
  /** In order of name. */
  list(organizationId: AccountId, page: PageRequest): Promise<Page<Team>>
  create(
    organizationId: AccountId,
    name: string,
    origin: Origin,
  ): Promise<{ readonly kind: 'created'; readonly team: Team } | { readonly kind: 'name-taken' }>
  rename(
    id: TeamId,
    name: string,
    origin: Origin,
    ifVersion?: IfVersion,
  ): Promise<
    | { readonly kind: 'renamed'; readonly team: Team }
    | { readonly kind: 'absent' }
    | { readonly kind: 'stale' }
    | { readonly kind: 'name-taken' }
  >
  /** Removes a team with its grants. */
  delete(id: TeamId, origin: Origin, ifVersion?: IfVersion): Promise<Deletion>
  /** In order of user name. */
  listMembers(id: TeamId, page: PageRequest): Promise<Page<TeamMember>>
  addMember(
    id: TeamId,
    userId: AccountId,
    origin: Origin,
  ): Promise<{ readonly kind: 'added' } | { readonly kind: 'already-there' } | { readonly kind: 'not-in-organization' }>
  /** False when the user is not in the team. */
  removeMember(id: TeamId, userId: AccountId, origin: Origin): Promise<boolean>
}
