import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getOrganization, lookAgain, type Organization } from './organization.ts'

/** `kontor org mv <organization> <new-name>`. */
export async function renameOrganization(
  cli: Cli,
  name: string,
  newName: string,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const { value, etag } = await getOrganization(api, name)
  if (options.dryRun) {
    terminal.note(`would rename the organization ${value.name} to ${newName}`)
    return
  }
  const renaming = api.send<Organization>('PATCH', organizationPath(value.name), { body: { name: newName }, etag })
  const renamed = await withHints(renaming, lookAgain(`kontor org view ${value.name}`))
  terminal.print(renamed.name)
  terminal.note(`pulling from ${value.name}/… goes on working`)
}
