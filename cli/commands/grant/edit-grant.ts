import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { lookAgain } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { describeGrant, type Grant, getGrant, readPermission } from './grant.ts'

/** `kontor grant edit <organization> <id> <permission>`. */
export async function editGrant(
  cli: Cli,
  organization: string,
  id: string,
  wanted: string,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const permission = readPermission(wanted)
  const api = await cli.api({ server: options.server })
  const { value: present, etag } = await getGrant(api, organization, id)
  if (options.dryRun) {
    terminal.note(`would give ${permission} instead: ${describeGrant(present)}`)
    return
  }
  const path = organizationPath(organization, 'grants', id)
  const changing = api.send<Grant>('PATCH', path, { body: { permission }, etag })
  const changed = await withHints(changing, lookAgain(`kontor grant ls ${organization}`))
  terminal.print(String(changed.id))
  terminal.note(describeGrant(changed))
}
