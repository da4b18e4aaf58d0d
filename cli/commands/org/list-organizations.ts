import { type ListOptions, printList } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { ORGANIZATION_COLUMNS, type Organization } from './organization.ts'

/** `kontor org ls`. */
export async function listOrganizations(cli: Cli, options: ListOptions & { readonly server?: string }): Promise<void> {
  const api = await cli.api({ server: options.server })
  const rows = api.list<Organization>('/organizations')
  const list = { rows, columns: ORGANIZATION_COLUMNS, name: ({ name }: Organization) => name, items: 'organizations' }
  await printList(cli.terminal, list, options)
}
