import { organizationPath } from '../../api/organization-path.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import { type Grant, readSubject, type SubjectOptions } from './grant.ts'

const COLUMNS: readonly Column<Grant>[] = [
  { heading: 'ID', key: 'id', value: ({ id }) => id, style: () => 'strong' },
  { heading: 'TYPE', key: 'type', value: ({ subject }) => subject.type },
  { heading: 'WHO', key: 'subject', value: ({ subject }) => subject.name, isElastic: true },
  { heading: 'PERMISSION', key: 'permission', value: ({ permission }) => permission },
  { heading: 'REPOSITORIES', key: 'repositories', value: ({ repositories }) => repositories, isElastic: true },
  {
    heading: 'CREATED',
    key: 'createdAt',
    value: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => ago(createdAt, Date.now()),
  },
]

/** `kontor grant ls <organization>`. */
export async function listGrants(
  cli: Cli,
  organization: string,
  options: ListOptions & SubjectOptions & { readonly server?: string },
): Promise<void> {
  const subject = readSubject(organization, options)
  const api = await cli.api({ server: options.server })
  await getOrganization(api, organization)
  const query = subject === undefined ? {} : { [subject.type]: subject.name }
  const rows = api.list<Grant>(organizationPath(organization, 'grants'), query)
  const list = { rows, columns: COLUMNS, name: ({ id }: Grant) => String(id), items: 'grants' }
  await printList(cli.terminal, list, options)
}
