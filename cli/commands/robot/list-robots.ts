import { organizationPath } from '../../api/organization-path.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import { type ListedRobot, ROBOT_COLUMNS } from './robot.ts'

/** `kontor robot ls <organization>`. */
export async function listRobots(
  cli: Cli,
  organization: string,
  options: ListOptions & { readonly server?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  await getOrganization(api, organization)
  const rows = api.list<ListedRobot>(organizationPath(organization, 'robots'))
  const list = { rows, columns: ROBOT_COLUMNS, name: ({ username }: ListedRobot) => username, items: 'robots' }
  await printList(cli.terminal, list, options)
}
