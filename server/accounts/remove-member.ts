import type { Origin } from '../../storage/metadata/audit-events.ts'
import type { AccountId } from '../../storage/metadata/identities.ts'
import type { MemberRole, MemberStore } from '../../storage/metadata/members.ts'
import type { IfVersion } from '../../storage/metadata/versions.ts'
import { mayAssignRole, type OrganizationStanding } from './organization-rights.ts'

export type MemberRemoval =
  | { readonly kind: 'removed' }
  | { readonly kind: 'not-a-member' }
  /** The member is of another version than was asked for. */
  | { readonly kind: 'stale' }
  /** Whoever asks may not remove members of this role. */
  | { readonly kind: 'denied'; readonly role: MemberRole }
  /** Nobody would own the organization any more. */
  | { readonly kind: 'last-owner' }

/** Takes a user out of an organization, on behalf of somebody who stands to it in this way. */
export type RemoveMember = (
  removal: {
    readonly organizationId: AccountId
    readonly userId: AccountId
    /** Who asks. */
    readonly byId: AccountId
    readonly standing: OrganizationStanding
    readonly ifVersion: IfVersion | undefined
  },
  origin: Origin,
) => Promise<MemberRemoval>

export function createRemoveMember(deps: { readonly members: Pick<MemberStore, 'remove'> }): RemoveMember {
  const { members } = deps
  return async ({ organizationId, userId, byId, standing, ifVersion }, origin) => {
    // Whoever is in an organization can leave it: nobody is kept in one they were put into.
    const mayChange = (present: MemberRole) => userId === byId || mayAssignRole(standing, present)
    return members.remove(organizationId, userId, origin, mayChange, ifVersion)
  }
}
