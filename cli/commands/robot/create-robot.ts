import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { readFutureTime } from '../../times/read-time.ts'
import { readPermission, robotName, wholePattern } from '../grant/grant.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import type { Robot } from './robot.ts'

/** A robot in the one answer that has its secret. */
interface CreatedRobot extends Robot {
  readonly secret: string
}

/** `kontor robot create <organization> <robot> --scope 'web-*:push'`: the secret alone goes to stdout. */
export async function createRobot(
  cli: Cli,
  organization: string,
  robot: string,
  options: ChangeOptions & {
    readonly server?: string
    readonly scope?: readonly string[]
    readonly expires?: string
  },
): Promise<void> {
  const { terminal } = cli
  const wanted = (options.scope ?? []).map(readScope)
  if (wanted.length === 0) {
    throw new CliError('nothing is said of what the robot may do', {
      exitCode: EXIT.usage,
      hint: "add what it needs, as in --scope 'web-*:push'",
    })
  }
  const expiresAt = options.expires === undefined ? undefined : readFutureTime(options.expires, Date.now())
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  const scopes = wanted.map(({ pattern, permission }) => ({
    repositories: wholePattern(name, organization, pattern),
    permission,
  }))
  const said = scopes.map(({ repositories, permission }) => `${permission} on ${repositories}`).join(', ')
  const ownName = robotName(organization, robot)
  if (options.dryRun) {
    terminal.note(`would create the robot ${name}+${ownName} with ${said}`)
    return
  }
  const body = { name: ownName, scopes, expiresAt }
  const creating = api.send<CreatedRobot>('POST', organizationPath(name, 'robots'), { body })
  const created = await withHints(creating, { NAME_TAKEN: `try: kontor robot view ${name} ${ownName}` })
  terminal.print(created.secret)
  terminal.note(`${created.username} holds ${said}; this is its secret, which is not shown again`)
  terminal.note(`it logs in with: docker login ${api.url.host} -u ${created.username} --password-stdin`)
}

/** @throws CliError usage for what is not a pattern, a colon and a permission. */
function readScope(text: string) {
  const colon = text.lastIndexOf(':')
  if (colon > 0) return { pattern: text.slice(0, colon), permission: readPermission(text.slice(colon + 1)) }
  throw new CliError(`${JSON.stringify(text.slice(0, 100))} is no scope`, {
    exitCode: EXIT.usage,
    hint: "write it as 'web-*:push': what, and which permission",
  })
}
