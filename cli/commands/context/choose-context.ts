import { knownServerUrl } from '../../servers/choose-server.ts'
import { contextsPath, useContext } from '../../servers/contexts.ts'
import { serverName } from '../../servers/server-url.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'

/** `kontor context use <server>`: one that is listed, or any other. Nobody is asked whether it is there. */
export async function chooseContext({ terminal, env }: Cli, server: string, options: ChangeOptions): Promise<void> {
  const name = serverName(await knownServerUrl(env, server))
  if (options.dryRun) {
    terminal.note(`would use ${name}`)
    return
  }
  await useContext(contextsPath(env), name)
  terminal.print(name)
  if (env['KONTOR_SERVER']) terminal.note('KONTOR_SERVER is set, and goes before this')
}
