import { organizationPath } from '../../api/organization-path.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { type Organization, type OrganizationSettings, readSettings } from './organization.ts'

/** `kontor org create <organization>`. */
export async function createOrganization(
  cli: Cli,
  name: string,
  options: ChangeOptions & OrganizationSettings & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const { displayName, ...settings } = readSettings(options)
  const api = await cli.api({ server: options.server })
  if (options.dryRun) {
    terminal.note(`would create the organization ${name}`)
    return
  }
  const body = { name, ...(displayName && { displayName }) }
  const created = await api.send<Organization>('POST', '/organizations', { body })
  terminal.print(created.name)
  if (Object.keys(settings).length > 0) {
    // The API sets these in a second step. When that fails the organization is there, as what was printed says.
    await api.send('PATCH', organizationPath(created.name), { body: settings })
  }
  terminal.note(`you own it; kontor member add ${created.name} <user> adds others`)
}
