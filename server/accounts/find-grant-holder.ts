import type { AccountStore } from '../../storage/metadata/accounts.ts'
import type { GrantHolder } from '../../storage/metadata/grants.ts'
import type { AccountId } from '../../storage/metadata/identities.ts'
import type { RobotStore } from '../../storage/metadata/robots.ts'
import type { TeamStore } from '../../storage/metadata/teams.ts'
import { createFindUser } from './find-user.ts'

/** Who can be granted something by an organization: its own teams and robots, and any user. */
export type FindGrantHolder = (
  organizationId: AccountId,
  kind: GrantHolder['kind'],
  /** A robot's without the organization's. */
  name: string,
) => Promise<GrantHolder | undefined>

export function createFindGrantHolder(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly teams: Pick<TeamStore, 'find'>
  readonly robots: Pick<RobotStore, 'find'>
}): FindGrantHolder {
  const { accounts, teams, robots } = deps
  const findUser = createFindUser({ accounts })
  return async (organizationId, kind, name) => {
    if (kind === 'user') {
      const user = await findUser(name)
      return user && { kind, id: user.id }
    }
    if (kind === 'team') {
      const team = await teams.find(organizationId, name)
      return team && { kind, id: team.id }
    }
    const robot = await robots.find(organizationId, name)
    return robot && { kind, id: robot.id }
  }
}
