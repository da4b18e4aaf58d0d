import type { Column } from '../../output/column.ts'
import { printOne } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { getOrganization, ORGANIZATION_COLUMNS, type Organization } from './organization.ts'

const FIELDS: readonly Column<Organization>[] = [
  ...ORGANIZATION_COLUMNS,
  { heading: 'YOU ARE', key: 'role', value: ({ role }) => role ?? null },
]

/** `kontor org view <organization>`. */
export async function viewOrganization(
  cli: Cli,
  name: string,
  options: { readonly server?: string; readonly format?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  const { value } = await getOrganization(api, name)
  printOne(cli.terminal, value, FIELDS, options)
}
