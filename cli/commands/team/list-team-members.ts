import { organizationPath } from '../../api/organization-path.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { getTeam, type TeamMember } from './team.ts'

const COLUMNS: readonly Column<TeamMember>[] = [
  { heading: 'USER', key: 'username', value: ({ username }) => username, style: () => 'strong' },
  { heading: 'NAME', key: 'displayName', value: ({ displayName }) => displayName, isElastic: true },
]

/** `kontor team members <organization> <team>`. */
export async function listTeamMembers(
  cli: Cli,
  organization: string,
  team: string,
  options: ListOptions & { readonly server?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  await getTeam(api, organization, team)
  const rows = api.list<TeamMember>(organizationPath(organization, 'teams', team, 'members'))
  const list = { rows, columns: COLUMNS, name: ({ username }: TeamMember) => username, items: 'members' }
  await printList(cli.terminal, list, options)
}
