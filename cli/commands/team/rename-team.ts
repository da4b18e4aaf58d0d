import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { lookAgain } from '../org/organization.ts'
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
  const { value, etag } = await getTeam(api, organization, team)
  const { name } = value
  if (options.dryRun) {
    terminal.note(`would rename the team ${name} of ${organization} to ${newName}`)
    return
  }
  const path = organizationPath(organization, 'teams', name)
  const renaming = api.send<Team>('PATCH', path, { body: { name: newName }, etag })
  terminal.print((await withHints(renaming, lookAgain(`kontor team ls ${organization}`))).name)
}
