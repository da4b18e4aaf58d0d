import type { Permission } from '../../oci/permission.ts'
import type { BasePermission } from './accounts.ts'
import type { AccountId, GrantId, RobotId } from './identities.ts'
import type { MemberRole } from './members.ts'

/** How a user stands to the account that owns a namespace. */
export interface Standing {
  readonly ownerKind: 'user' | 'organization'
  readonly basePermission: BasePermission
  /** Undefined for whoever is not a member. */
  readonly memberRole: MemberRole | undefined
}

/** A grant that covers the repository in question and that the holder has, directly or through a team. */
export interface HeldGrant {
  readonly id: GrantId
  readonly pattern: string
  readonly permission: Permission
  /** The name of the team that holds it. */
  readonly team: string | undefined
}

/** What the policy decides from: read for each decision, so that a right taken away is gone with the next request (I7). */
export interface RightsStore {
  /** Undefined when there is no such owner. */
  standing(ownerId: AccountId, userId: AccountId): Promise<Standing | undefined>
  /**
   * The cost depends on how many grants cover the repository, not on how many there are. Of several that give the same
   * permission through teams, all but one may be left out: who is in very many teams is answered as quickly as anybody.
   * @param path the repository's name without the namespace.
   */
  grantsCovering(
    ownerId: AccountId,
    path: string,
    holder: { readonly kind: 'user'; readonly id: AccountId } | { readonly kind: 'robot'; readonly id: RobotId },
  ): Promise<readonly HeldGrant[]>
}
