import type { InstanceRole } from '../../storage/metadata/accounts.ts'
import type { MemberRole } from '../../storage/metadata/members.ts'

/**
 * What one may do with an organization itself; its repositories are the policy's matter (server/access/policy.ts).
 * - `view`: know that it exists · `read`: see members and teams · `inspect`: see grants, robots and invitations
 * - `audit`: read the audit log · `manage`: members, teams, grants, robots · `own`: everything, settings and owners too
 */
export type OrganizationRight = 'view' | 'read' | 'inspect' | 'audit' | 'manage' | 'own'

const RIGHTS_OF_ROLE: Readonly<Record<MemberRole, readonly OrganizationRight[]>> = {
  owner: ['view', 'read', 'inspect', 'audit', 'manage', 'own'],
  manager: ['view', 'read', 'inspect', 'manage'],
  auditor: ['view', 'read', 'inspect', 'audit'],
  member: ['view', 'read'],
}

const RIGHTS_OF_INSTANCE_ROLE: Readonly<Record<InstanceRole, readonly OrganizationRight[]>> = {
  admin: RIGHTS_OF_ROLE.owner,
  auditor: RIGHTS_OF_ROLE.auditor,
  none: [],
}

/** Who is asked about: a user with an instance role, and how the user belongs to the organization. */
export interface OrganizationStanding {
  readonly instanceRole: InstanceRole
  readonly memberRole: MemberRole | undefined
  /** Whether the user holds a grant without being a member. */
  readonly isCollaborator: boolean
}

/** Whether somebody may do something with an organization. */
export function holdsOrganizationRight(standing: OrganizationStanding, right: OrganizationRight): boolean {
  const { instanceRole, memberRole, isCollaborator } = standing
  if (RIGHTS_OF_INSTANCE_ROLE[instanceRole].includes(right)) return true
  if (memberRole !== undefined && RIGHTS_OF_ROLE[memberRole].includes(right)) return true
  return isCollaborator && right === 'view'
}

/**
 * Whether somebody who may manage an organization may also decide about this role: managers handle members and managers;
 * owners, and auditors who read what managers may not, are made and unmade by owners.
 */
export function mayAssignRole(standing: OrganizationStanding, role: MemberRole): boolean {
  if (role === 'owner' || role === 'auditor') return holdsOrganizationRight(standing, 'own')
  return holdsOrganizationRight(standing, 'manage')
}
