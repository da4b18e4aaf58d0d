import type { ApiClient } from '../../api/api-client.ts'
import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import type { Style } from '../../terminal/terminal.ts'
import { robotName } from '../grant/grant.ts'

/** A robot, as a list of them has it. */
export interface ListedRobot {
  /** What it logs in with: `acme+ci`. */
  readonly username: string
  readonly name: string
  readonly expiresAt: string | null
  readonly disabled: boolean
  readonly createdAt: string
}

/** A robot, as `GET …/robots/{robot}` answers. */
export interface Robot extends ListedRobot {
  readonly scopes: readonly { readonly repositories: string; readonly permission: string }[]
  /** The oldest first. */
  readonly secrets: readonly RobotSecret[]
}

/** What is known of a secret after it was shown. */
export interface RobotSecret {
  readonly id: number
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly lastUsedFrom: string | null
}

export const ROBOT_COLUMNS: readonly Column<ListedRobot>[] = [
  { heading: 'ROBOT', key: 'username', value: ({ username }) => username, style: () => 'strong' },
  { heading: 'STATE', key: 'state', value: stateOf, style: styleOf },
  {
    heading: 'EXPIRES',
    key: 'expiresAt',
    value: ({ expiresAt }) => expiresAt,
    show: ({ expiresAt }) => (expiresAt === null ? 'never' : ago(expiresAt, Date.now())),
  },
  {
    heading: 'CREATED',
    key: 'createdAt',
    value: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => ago(createdAt, Date.now()),
  },
]

/** The robot, and its version for a change of it. @throws CliError not found, with a hint. */
export function getRobot(
  api: ApiClient,
  organization: string,
  robot: string,
): Promise<{ readonly value: Robot; readonly etag: string | undefined }> {
  return withHints(api.getVersioned<Robot>(robotPath(organization, robot)), {
    NOT_FOUND: `try: kontor robot ls ${organization}`,
  })
}

/** Where the API has a robot, called `ci` or `acme+ci`. */
export function robotPath(organization: string, robot: string, ...parts: readonly string[]): string {
  return organizationPath(organization, 'robots', robotName(organization, robot), ...parts)
}

/** A secret as people tell it from the other: `secret 7, made 3 months ago, used last 2 minutes ago from 10.0.0.7`. */
export function describeSecret({ id, createdAt, lastUsedAt, lastUsedFrom }: RobotSecret): string {
  const now = Date.now()
  const from = lastUsedFrom === null ? '' : ` from ${lastUsedFrom}`
  const use = lastUsedAt === null ? 'never used' : `used last ${ago(lastUsedAt, now)}${from}`
  return `secret ${id}, made ${ago(createdAt, now)}, ${use}`
}

function stateOf({ disabled, expiresAt }: ListedRobot): string {
  if (disabled) return 'disabled'
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'enabled'
}

function styleOf(robot: ListedRobot): Style | undefined {
  return stateOf(robot) === 'enabled' ? undefined : 'warning'
}
