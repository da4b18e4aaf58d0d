import type { Account, NewUser } from './accounts.ts'
import type { Origin } from './audit-events.ts'
import type { AccountId, InvitationId } from './identities.ts'
import type { MemberRole } from './members.ts'
import type { Page, PageRequest } from './page.ts'

/** The offer of an account, or of a place in an organization, to whoever has its link; it is good for one person. */
export interface Invitation {
  readonly id: InvitationId
  /** Undefined: an account on this registry and nothing more. */
  readonly organization: { readonly id: AccountId; readonly name: string; readonly role: MemberRole } | undefined
  /** For whom it is, in the inviter's words. */
  readonly note: string | undefined
  readonly invitedBy: { readonly id: AccountId; readonly name: string }
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly expiresAt: number
}

export interface NewInvitation {
  readonly tokenHash: Buffer
  readonly organization: { readonly id: AccountId; readonly role: MemberRole } | undefined
  readonly note: string | undefined
  readonly invitedBy: AccountId
  readonly expiresAt: number
}

export type InvitationAcceptance =
  | { readonly kind: 'accepted'; readonly account: Account }
  /** Never made, withdrawn, accepted already, or expired. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'name-taken' }
  | { readonly kind: 'already-member' }

export interface InvitationStore {
  create(invitation: NewInvitation, origin: Origin): Promise<Invitation>
  /** One that can still be accepted. */
  findByHash(tokenHash: Buffer): Promise<Invitation | undefined>
  /** Those into an organization, or onto the registry, that can still be accepted; newest first. */
  list(organizationId: AccountId | undefined, page: PageRequest): Promise<Page<Invitation>>
  /** False when there is none. */
  delete(organizationId: AccountId | undefined, id: InvitationId, origin: Origin): Promise<boolean>
  /** Creates the account or the membership, or both, and uses the invitation up. */
  accept(
    tokenHash: Buffer,
    by: { readonly kind: 'new-user'; readonly user: NewUser } | { readonly kind: 'user'; readonly id: AccountId },
    origin: Origin,
  ): Promise<InvitationAcceptance>
}
