import type { Command } from 'commander'
import { run } from './run.ts'
import { readSeconds, withFormat, withServer } from './shared-options.ts'

/** `kontor watch`: what happens to the tags of a repository, as it happens. */
export function addWatchCommands(program: Command): void {
  withFormat(withServer(program.command('watch').argument('<repository>', 'as in acme/web, or acme/web:stable')))
    .description('print a line for each tag that is new, moved or deleted, until ^C')
    .option('-q, --quiet', 'only names, one in a line')
    .option('--interval <seconds>', 'how long to wait between two looks', readSeconds, 2)
    .action((repository, options) =>
      run(async (cli) => {
        const { watchTags } = await import('./watch/watch-tags.ts')
        await watchTags(cli, repository, options)
      }),
    )
}
