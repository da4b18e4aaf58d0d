import { withHints } from '../../api/with-hints.ts'
import { ago } from '../../output/ago.ts'
import { confirm } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { describeSecret, getRobot, type Robot, robotPath } from './robot.ts'

/**
 * `kontor robot rotate <organization> <robot>`: a second secret beside the first, alone on stdout. Both work until
 * `--finish`, so that nothing fails between.
 */
export async function rotateSecret(
  cli: Cli,
  organization: string,
  robot: string,
  options: ChangeOptions & { readonly server?: string; readonly finish?: boolean },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const { value } = await getRobot(api, organization, robot)
  const { username } = value
  const finish = `kontor robot rotate ${organization} ${value.name} --finish`
  if (options.finish) return finishRotation(cli, organization, value, options)
  if (options.dryRun) {
    const isFull = value.secrets.length > 1
    terminal.note(
      isFull ? `${username} has two secrets already; first: ${finish}` : `would give ${username} a second secret`,
    )
    return
  }
  const adding = api.send<{ readonly secret: string }>('POST', robotPath(organization, value.name, 'secrets'))
  const { secret } = await withHints(adding, { TOO_MANY_SECRETS: `try: ${finish}` })
  terminal.print(secret)
  terminal.note(`this is the new secret of ${username}, which is not shown again; the one before still works:`)
  terminal.note(`  1. put the new one wherever ${username} logs in`)
  terminal.note(`  2. see that it is used: kontor robot view ${organization} ${value.name}`)
  terminal.note(`  3. delete the one before: ${finish}`)
}

/** Deletes the older of two secrets, and asks first when there is a sign that something still needs it. */
async function finishRotation(
  cli: Cli,
  organization: string,
  { username, name, secrets }: Robot,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const [older, newer] = secrets
  if (older === undefined || newer === undefined) {
    terminal.note(`${username} has no second secret; there is nothing to finish`)
    return
  }
  const doubt = doubtAbout(older, newer)
  if (options.dryRun) {
    terminal.note(
      `would ${doubt === undefined ? '' : `ask, as ${doubt}, and `}delete from ${username}: ${describeSecret(older)}`,
    )
    return
  }
  if (doubt !== undefined)
    await confirm(terminal, `${doubt}; delete the older secret of ${username} all the same`, options)
  const api = await cli.api({ server: options.server })
  await api.send('DELETE', robotPath(organization, name, 'secrets', String(older.id)))
  terminal.print(username)
  terminal.note(`deleted: ${describeSecret(older)}`)
}

function doubtAbout(older: Robot['secrets'][number], newer: Robot['secrets'][number]): string | undefined {
  if (newer.lastUsedAt === null) return 'the new secret has never been used'
  if (older.lastUsedAt === null || older.lastUsedAt <= newer.lastUsedAt) return undefined
  const from = older.lastUsedFrom === null ? '' : ` from ${older.lastUsedFrom}`
  return `the older secret was used after the new one, ${ago(older.lastUsedAt, Date.now())}${from}`
}
