import type { Origin } from '../../storage/metadata/audit-events.ts'
import type { AccountId } from '../../storage/metadata/identities.ts'
import type { Member, MemberRole, MemberStore } from '../../storage/metadata/members.ts'
import type { IfVersion } from '../../storage/metadata/versions.ts'
import { mayAssignRole, type OrganizationStanding } from './organization-rights.ts'

export type RoleAssignment =
  | { readonly kind: 'assigned'; readonly member: Member; readonly isNew: boolean }
  /** Whoever asks may not make or unmake members of this role, be it the new one or the one the member has. */
  | { readonly kind: 'denied'; readonly role: MemberRole }
  /** The member is not as the caller has seen it, or is no member any more. */
  | { readonly kind: 'stale' }
  /** Nobody would own the organization any more. */
  | { readonly kind: 'last-owner' }

/** Gives a user a role in an organization, on behalf of somebody who stands to it in this way. */
export type AssignRole = (
  assignment: {
    readonly organizationId: AccountId
    readonly userId: AccountId
    readonly role: MemberRole
    readonly standing: OrganizationStanding
    readonly ifVersion: IfVersion | undefined
  },
  origin: Origin,
) => Promise<RoleAssignment>

export function createAssignRole({ members }: { readonly members: Pick<MemberStore, 'set'> }): AssignRole {
  return async ({ organizationId, userId, role, standing, ifVersion }, origin) => {
    if (!mayAssignRole(standing, role)) return { kind: 'denied', role }
    // To make an owner a member is to unmake an owner.
    const mayChange = (present: MemberRole) => mayAssignRole(standing, present)
    const result = await members.set(organizationId, userId, role, origin, mayChange, ifVersion)
    return result.kind === 'set' ? { ...result, kind: 'assigned' } : result
  }
}
