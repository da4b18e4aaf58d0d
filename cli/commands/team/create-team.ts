import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import type { Team } from './team.ts'

/** `kontor team create <organization> <team>`. */
export async function createTeam(
  cli: Cli,
  organization: string,
  team: string,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  if (options.dryRun) {
    terminal.note(`would create the team ${team} in ${name}`)
    return
  }
  const creating = api.send<Team>('POST', organizationPath(name, 'teams'), { body: { name: team } })
  const created = await withHints(creating, { NAME_TAKEN: `try: kontor team ls ${name}` })
  terminal.print(created.name)
  terminal.note(`nobody is in it yet; try: kontor team add ${name} ${created.name} <user>`)
}
