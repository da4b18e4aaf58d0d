import { organizationPath } from '../../api/organization-path.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getTeam, type Team } from './team.ts'

/** `kontor team mv <organization> <team> <new-name>`: members and grants stay. */
export async function renameTeam(
  cli: Cli,
  organization: string,
  team: string,
  newName: string,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const { name } = await getTeam(api, organization, team)
  if (options.dryRun) {
    terminal.note(`would rename the team ${name} of ${organization} to ${newName}`)
    return
  }
  const path = organizationPath(organization, 'teams', name)
  terminal.print((await api.send<Team>('PATCH', path, { body: { name: newName } })).name)
}
