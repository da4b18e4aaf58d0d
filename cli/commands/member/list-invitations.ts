import { organizationPath } from '../../api/organization-path.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'

/** An open invitation, as `GET …/invitations` answers. */
export interface Invitation {
  readonly id: number
  readonly role: string | null
  readonly note: string | null
  readonly invitedBy: string
  readonly createdAt: string
  readonly expiresAt: string
}

const COLUMNS: readonly Column<Invitation>[] = [
  { heading: 'ID', key: 'id', value: ({ id }) => id, style: () => 'strong' },
  { heading: 'ROLE', key: 'role', value: ({ role }) => role },
  { heading: 'NOTE', key: 'note', value: ({ note }) => note, isElastic: true },
  { heading: 'BY', key: 'invitedBy', value: ({ invitedBy }) => invitedBy },
  {
    heading: 'CREATED',
    key: 'createdAt',
    value: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => ago(createdAt, Date.now()),
  },
  {
    heading: 'ENDS',
    key: 'expiresAt',
    value: ({ expiresAt }) => expiresAt,
    show: ({ expiresAt }) => ago(expiresAt, Date.now()),
  },
]

/** `kontor member invitations <organization>`. */
export async function listInvitations(
  cli: Cli,
  organization: string,
  options: ListOptions & { readonly server?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  await getOrganization(api, organization)
  const rows = api.list<Invitation>(organizationPath(organization, 'invitations'))
  const list = { rows, columns: COLUMNS, name: ({ id }: Invitation) => String(id), items: 'invitations' }
  await printList(cli.terminal, list, options)
}
