import type { Origin } from './audit-events.ts'
import type { AccountId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { IfVersion } from './versions.ts'

export const MEMBER_ROLES = ['owner', 'manager', 'member', 'auditor'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

/** A user in an organization. */
export interface Member {
  readonly userId: AccountId
  readonly username: string
  readonly displayName: string | undefined
  readonly role: MemberRole
  /** Milliseconds since the epoch. */
  readonly joinedAt: number
  /** Another one whenever the role changes, and for who was removed and joins again. */
  readonly version: number
}

/** Who belongs to an organization. One that has an owner keeps one, and one who is not disabled. */
export interface MemberStore {
  find(organizationId: AccountId, userId: AccountId): Promise<Member | undefined>
  /** In order of user name. */
  list(organizationId: AccountId, page: PageRequest): Promise<Page<Member>>
  /**
   * Adds a member or changes the role of one.
   * @param ifVersion what the caller has seen: somebody who is no member is not added then.
   */
  set(
    organizationId: AccountId,
    userId: AccountId,
    role: MemberRole,
    origin: Origin,
    mayChange?: MayChangeRole,
    ifVersion?: IfVersion,
  ): Promise<
    { readonly kind: 'set'; readonly member: Member; readonly isNew: boolean } | { readonly kind: 'stale' } | MemberKept
  >
  /** Removes a member with all the user holds here: teams and grants. */
  remove(
    organizationId: AccountId,
    userId: AccountId,
    origin: Origin,
    mayChange?: MayChangeRole,
    ifVersion?: IfVersion,
  ): Promise<{ readonly kind: 'removed' } | { readonly kind: 'not-a-member' } | { readonly kind: 'stale' } | MemberKept>
}

/** Asked within the transaction: the role that a member has then, and not a moment before, is the one that counts. */
export type MayChangeRole = (present: MemberRole) => boolean

/** The member stays as before. */
export type MemberKept =
  /** Nobody could own the organization any more. */
  | { readonly kind: 'last-owner' }
  /** By the caller's own rule about the role that the member has. */
  | { readonly kind: 'denied'; readonly role: MemberRole }
