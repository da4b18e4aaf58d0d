import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import {
  getOrganization,
  lookAgain,
  nothingToChange,
  type Organization,
  type OrganizationSettings,
  readSettings,
} from './organization.ts'

/** `kontor org edit <organization>`. */
export async function editOrganization(
  cli: Cli,
  name: string,
  options: ChangeOptions & OrganizationSettings & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const changes = readSettings(options)
  if (Object.keys(changes).length === 0) {
    throw nothingToChange('add one of --display-name, --base-permission, --default-visibility')
  }
  const api = await cli.api({ server: options.server })
  const { value, etag } = await getOrganization(api, name)
  if (options.dryRun) {
    for (const [key, wanted] of Object.entries(changes)) {
      const present = value[key as keyof typeof changes]
      terminal.note(`would change ${key} of ${value.name} from ${present ?? 'none'} to ${wanted ?? 'none'}`)
    }
    return
  }
  const path = organizationPath(value.name)
  const hints = lookAgain(`kontor org view ${value.name}`)
  const { name: changed } = await withHints(api.send<Organization>('PATCH', path, { body: changes, etag }), hints)
  terminal.print(changed)
}
