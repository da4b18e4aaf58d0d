import { organizationPath } from '../../api/organization-path.ts'
import type { Column } from '../../output/column.ts'
import { printOne } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { getTeam, TEAM_COLUMNS, type Team, type TeamMember } from './team.ts'

/** More than anybody reads; `kontor team members` lists all. */
const SHOWN_MEMBERS = 100

/** `kontor team view <organization> <team>`: with who is in it. */
export async function viewTeam(
  cli: Cli,
  organization: string,
  name: string,
  options: { readonly server?: string; readonly format?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  const { value: team } = await getTeam(api, organization, name)
  const usernames: string[] = []
  for await (const { username } of api.list<TeamMember>(organizationPath(organization, 'teams', name, 'members'))) {
    if (usernames.length < SHOWN_MEMBERS) usernames.push(username)
    else {
      usernames.push('…')
      break
    }
  }
  const fields: readonly Column<Team>[] = [
    ...TEAM_COLUMNS,
    { heading: 'WHO', key: 'usernames', value: () => usernames.join(', ') },
  ]
  printOne(cli.terminal, team, fields, options)
}
