import { organizationPath } from '../../api/organization-path.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { Member } from './member.ts'

const COLUMNS: readonly Column<Member>[] = [
  { heading: 'USER', key: 'username', value: ({ username }) => username, style: () => 'strong' },
  { heading: 'ROLE', key: 'role', value: ({ role }) => role },
  { heading: 'NAME', key: 'displayName', value: ({ displayName }) => displayName, isElastic: true },
  {
    heading: 'JOINED',
    key: 'joinedAt',
    value: ({ joinedAt }) => joinedAt,
    show: ({ joinedAt }) => ago(joinedAt, Date.now()),
  },
]

/** `kontor member ls <organization>`. */
export async function listMembers(
  cli: Cli,
  organization: string,
  options: ListOptions & { readonly server?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  await getOrganization(api, organization)
  const rows = api.list<Member>(organizationPath(organization, 'members'))
  const list = { rows, columns: COLUMNS, name: ({ username }: Member) => username, items: 'members' }
  await printList(cli.terminal, list, options)
}
