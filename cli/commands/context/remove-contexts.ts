import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { contextsPath, readContexts, writeContexts } from '../../servers/contexts.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'

/** `kontor context rm <server…>`: all of them, or none when one is not there. */
export async function removeContexts(
  { terminal, env }: Cli,
  servers: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const path = contextsPath(env)
  const contexts = await readContexts(path)
  const missing = servers.find((server) => !contexts.servers.includes(server))
  if (missing !== undefined) {
    throw new CliError(`${missing} is not in the list of this client`, {
      exitCode: EXIT.notFound,
      hint: `what docker knows goes by: kontor logout ${missing}`,
    })
  }
  if (options.dryRun) {
    terminal.note(`would remove ${servers.join(', ')}`)
    return
  }
  const isLeft = (server: string) => !servers.includes(server)
  const { current } = contexts
  await writeContexts(path, {
    current: current !== undefined && isLeft(current) ? current : undefined,
    servers: contexts.servers.filter(isLeft),
  })
  for (const server of servers) terminal.print(server)
}
