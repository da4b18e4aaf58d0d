import { withHints } from '../../api/with-hints.ts'
import { readFutureTime } from '../../times/read-time.ts'
import { robotName } from '../grant/grant.ts'
import { lookAgain, nothingToChange } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getRobot, type Robot, robotPath } from './robot.ts'

type RobotChanges = { readonly disabled: boolean } | { readonly expiresAt: string | null }

/** `kontor robot disable|enable <organization> <robot…>`. */
export async function switchRobots(
  cli: Cli,
  organization: string,
  robots: readonly string[],
  disabled: boolean,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const describe = (username: string) => `${disabled ? 'disable' : 'enable'} ${username}`
  await changeRobots(cli, organization, robots, { disabled }, describe, options)
}

/** `kontor robot edit <organization> <robot> --expires <time>|never`. */
export async function editRobot(
  cli: Cli,
  organization: string,
  robot: string,
  options: ChangeOptions & { readonly server?: string; readonly expires?: string },
): Promise<void> {
  const { expires } = options
  if (expires === undefined) throw nothingToChange('add --expires, with a time or never')
  const expiresAt = expires === 'never' ? null : readFutureTime(expires, Date.now())
  const describe = (username: string) =>
    `let ${username} work ${expiresAt === null ? 'for ever' : `until ${expiresAt}`}`
  await changeRobots(cli, organization, [robot], { expiresAt }, describe, options)
}

/** All of them are looked at before the first is changed. */
async function changeRobots(
  cli: Cli,
  organization: string,
  robots: readonly string[],
  changes: RobotChanges,
  describe: (username: string) => string,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const found = []
  for (const robot of new Set(robots.map((text) => robotName(organization, text))))
    found.push(await getRobot(api, organization, robot))
  for (const { value, etag } of found) {
    const { username, name } = value
    if (options.dryRun) {
      terminal.note(`would ${describe(username)}`)
      continue
    }
    const changing = api.send<Robot>('PATCH', robotPath(organization, name), { body: changes, etag })
    await withHints(changing, lookAgain(`kontor robot view ${organization} ${name}`))
    terminal.print(username)
  }
}
