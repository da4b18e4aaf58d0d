import { organizationPath } from '../../api/organization-path.ts'
import { confirm } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { describeGrant, type Grant, getGrant } from './grant.ts'

/** `kontor grant rm <organization> <id…>`: all of them are looked at before the first is taken back. */
export async function removeGrants(
  cli: Cli,
  organization: string,
  ids: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const found: Grant[] = []
  for (const id of new Set(ids)) found.push((await getGrant(api, organization, id)).value)
  if (options.dryRun) {
    for (const grant of found) terminal.note(`would take back that ${describeGrant(grant)}`)
    return
  }
  await confirm(terminal, `take back that ${found.map(describeGrant).join(', and that ')}`, options)
  for (const { id } of found) {
    await api.send('DELETE', organizationPath(organization, 'grants', String(id)))
    terminal.print(String(id))
  }
}
