import { organizationPath } from '../../api/organization-path.ts'
import { confirm } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getTeam } from './team.ts'

/** `kontor team rm <organization> <team…>`: all of them are looked at before the first is deleted. */
export async function removeTeams(
  cli: Cli,
  organization: string,
  teams: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const found: string[] = []
  for (const team of new Set(teams)) found.push((await getTeam(api, organization, team)).value.name)
  if (options.dryRun) {
    for (const name of found) terminal.note(`would delete the team ${name} of ${organization} with its grants`)
    return
  }
  await confirm(terminal, `delete ${found.join(', ')} of ${organization} with what was granted to them`, options)
  for (const name of found) {
    await api.send('DELETE', organizationPath(organization, 'teams', name))
    terminal.print(name)
  }
}
