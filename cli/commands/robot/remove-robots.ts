import { confirm } from '../../terminal/ask.ts'
import { robotName } from '../grant/grant.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getRobot, type Robot, robotPath } from './robot.ts'

/** `kontor robot rm <organization> <robot…>`: all of them are looked at before the first is deleted. */
export async function removeRobots(
  cli: Cli,
  organization: string,
  robots: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const found: Robot[] = []
  for (const robot of new Set(robots.map((text) => robotName(organization, text))))
    found.push((await getRobot(api, organization, robot)).value)
  const names = found.map(({ username }) => username).join(', ')
  if (options.dryRun) {
    terminal.note(`would delete ${names} with all grants and secrets`)
    return
  }
  await confirm(terminal, `delete ${names}, grants and secrets included`, options)
  for (const { username, name } of found) {
    await api.send('DELETE', robotPath(organization, name))
    terminal.print(username)
  }
}
