import type { Permission } from '../../../oci/permission.ts'
import type { BasePermission } from '../accounts.ts'
import type { GrantId } from '../identities.ts'
import type { MemberRole } from '../members.ts'
import type { HeldGrant, RightsStore } from '../rights.ts'
import { prefixesOf } from './prefixes.ts'
import type { StoreContext } from './store-context.ts'

interface StandingRow {
  kind: 'user' | 'organization'
  base_permission: BasePermission
  role: MemberRole | null
}

interface HeldGrantRow {
  id: number
  pattern: string
  permission: Permission
  team: string | null
}

/** How a grant is found to cover `@path`: by an index on the prefix, and only then by the pattern itself. */
const COVERS = 'prefix IN (SELECT value FROM json_each(@prefixes)) AND covers(pattern, @path)'

/**
 * Whoever is in fewer teams is asked about team by team. For others it is quicker to go through all grants that cover
 * the repository until one of each permission is found that is theirs.
 */
const MANY_TEAMS = 64

type GrantHolder = Parameters<RightsStore['grantsCovering']>[2]

export function createRights({ db }: StoreContext): RightsStore {
  const selectStanding = db.prepare<[number, number], StandingRow>(`
    SELECT account.kind, account.base_permission, organization_member.role FROM account
    LEFT JOIN organization_member
      ON organization_member.organization_id = account.id AND organization_member.user_id = ?
    WHERE account.id = ?`)
  const selectTeamCount = db.prepare<[number, number], { count: number }>(
    'SELECT count(*) AS count FROM (SELECT 1 FROM team_member WHERE user_id = ? LIMIT ?)',
  )
  const prepareOf = (teamGrants: string) =>
    db.prepare<[CoveringParameters], HeldGrantRow>(`
      SELECT id, pattern, permission, NULL AS team FROM access_grant INDEXED BY access_grant_user_idx
      WHERE user_id = @holderId AND organization_id = @ownerId AND ${COVERS}
      UNION ALL
      SELECT access_grant.id, pattern, permission, team.name FROM ${teamGrants}`)
  // CROSS JOIN is how SQLite is told the order to go by.
  const selectOfUser = prepareOf(`team_member
    CROSS JOIN team ON team.id = team_member.team_id AND team.organization_id = @ownerId
    CROSS JOIN access_grant INDEXED BY access_grant_team_idx ON access_grant.team_id = team.id
    WHERE team_member.user_id = @holderId AND ${COVERS}`)
  const selectOfUserInManyTeams = prepareOf(`(VALUES ('pull'), ('push'), ('maintain'), ('admin')) AS level
    CROSS JOIN access_grant ON access_grant.id = (
      SELECT candidate.id FROM access_grant AS candidate INDEXED BY access_grant_organization_id_prefix_idx
      CROSS JOIN team_member ON team_member.team_id = candidate.team_id AND team_member.user_id = @holderId
      WHERE candidate.organization_id = @ownerId AND candidate.permission = level.column1 AND ${COVERS} LIMIT 1)
    JOIN team ON team.id = access_grant.team_id`)
  const selectOfRobot = db.prepare<[CoveringParameters], HeldGrantRow>(`
    SELECT id, pattern, permission, NULL AS team FROM access_grant INDEXED BY access_grant_robot_idx
    WHERE robot_id = @holderId AND organization_id = @ownerId AND ${COVERS}`)
  const selectFor = (holder: GrantHolder) => {
    if (holder.kind === 'robot') return selectOfRobot
    const teams = selectTeamCount.get(holder.id, MANY_TEAMS)?.count ?? 0
    return teams < MANY_TEAMS ? selectOfUser : selectOfUserInManyTeams
  }
  return {
    async standing(ownerId, userId) {
      const row = selectStanding.get(userId, ownerId)
      if (row === undefined) return undefined
      return { ownerKind: row.kind, basePermission: row.base_permission, memberRole: row.role ?? undefined }
    },
    async grantsCovering(ownerId, path, holder) {
      const parameters = { ownerId, path, prefixes: prefixesOf(path), holderId: holder.id }
      return selectFor(holder).all(parameters).map(toHeldGrant)
    },
  }
}

interface CoveringParameters {
  ownerId: number
  path: string
  prefixes: string
  holderId: number
}

function toHeldGrant(row: HeldGrantRow): HeldGrant {
  return { id: row.id as GrantId, pattern: row.pattern, permission: row.permission, team: row.team ?? undefined }
}
