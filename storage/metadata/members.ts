import type { Origin } from './audit-events.ts'
import type { AccountId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

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
}

/** Who belongs to an organization. One that has an owner keeps one, and one who is not disabled. */
export interface MemberStore {
  find(organizationId: AccountId, userId: AccountId): Promise<Member | undefined>
  /** In order of user name. */
  list(organizationId: AccountId, page: PageRequest): Promise<Page<Member>>
  /** Adds a member or changes the role of one. */
  set(
    organizationId: AccountId,
    userId: AccountId,
    role: MemberRole,
    origin: Origin,
  ): Promise<
    { readonly kind: 'set'; readonly member: Member; readonly isNew: boolean } | { readonly kind: 'last-owner' }
  >
  /** Removes a member with all the user holds here: teams and grants. */
  remove(
    organizationId: AccountId,
    userId: AccountId,
    origin: Origin,
  ): Promise<{ readonly kind: 'removed' } | { readonly kind: 'not-a-member' } | { readonly kind: 'last-owner' }>
}
