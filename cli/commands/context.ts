import type { Command } from 'commander'
import { run } from './run.ts'
import { withChange, withList } from './shared-options.ts'

/** `kontor context`: which server is meant when none is named. */
export function addContextCommands(program: Command): void {
  const context = program.command('context').description('list servers, and choose the one that is meant')

  withList(context.command('ls').alias('list'))
    .description("list the servers that this client and docker's configuration know")
    .action((options) =>
      run(async (cli) => {
        const { listContexts } = await import('./context/list-contexts.ts')
        await listContexts(cli, options)
      }),
    )

  withChange(context.command('use').argument('<server>', 'as in registry.example.com'))
    .description('make a server the one that is meant when none is named')
    .action((server, options) =>
      run(async (cli) => {
        const { chooseContext } = await import('./context/choose-context.ts')
        await chooseContext(cli, server, options)
      }),
    )

  withChange(context.command('rm').alias('delete').argument('<server...>'))
    .description('take servers from the list; logins stay')
    .action((servers, options) =>
      run(async (cli) => {
        const { removeContexts } = await import('./context/remove-contexts.ts')
        await removeContexts(cli, servers, options)
      }),
    )
}
