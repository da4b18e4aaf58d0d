import { organizationPath } from '../../api/organization-path.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import { TEAM_COLUMNS, type Team } from './team.ts'

/** `kontor team ls <organization>`. */
export async function listTeams(
  cli: Cli,
  organization: string,
  options: ListOptions & { readonly server?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  await getOrganization(api, organization)
  const rows = api.list<Team>(organizationPath(organization, 'teams'))
  const list = { rows, columns: TEAM_COLUMNS, name: ({ name }: Team) => name, items: 'teams' }
  await printList(cli.terminal, list, options)
}
