import type { Column } from '../../output/column.ts'
import { printOne } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { describeSecret, getRobot, ROBOT_COLUMNS, type Robot } from './robot.ts'

const FIELDS: readonly Column<Robot>[] = [
  ...ROBOT_COLUMNS,
  {
    heading: 'MAY',
    key: 'scopes',
    value: ({ scopes }) => scopes.map(({ repositories, permission }) => `${repositories}:${permission}`).join(','),
    show: ({ scopes }) => scopes.map(({ repositories, permission }) => `${permission} ${repositories}`).join(', '),
  },
  {
    heading: 'SECRETS',
    key: 'secrets',
    value: ({ secrets }) => secrets.map(({ id }) => id).join(','),
    show: ({ secrets }) => secrets.map(describeSecret).join('; '),
  },
]

/** `kontor robot view <organization> <robot>`: with what it may do, and when its secrets were used last. */
export async function viewRobot(
  cli: Cli,
  organization: string,
  robot: string,
  options: { readonly server?: string; readonly format?: string },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  const { value } = await getRobot(api, organization, robot)
  printOne(cli.terminal, value, FIELDS, options)
}
