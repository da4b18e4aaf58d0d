import type { Command } from 'commander'
import { run } from './run.ts'
import { withChange, withList, withServer } from './shared-options.ts'

/** `kontor tag`: what there is of a repository, and pointing tags elsewhere. */
export function addTagCommands(program: Command): void {
  const tag = program.command('tag').description('list, move, delete and restore tags')

  withList(withServer(tag.command('ls').alias('list').argument('<repository>', 'as in acme/web')))
    .description('list the tags of a repository, the newest version first')
    .option('--order <order>', 'version, pushed or name: asked of the server, for long lists')
    .option('--prefix <text>', 'only tags that begin with this')
    .action((repository, options) =>
      run(async (cli) => {
        const { listTags } = await import('./tag/list-tags.ts')
        await listTags(cli, repository, options)
      }),
    )

  withChange(withServer(tag.command('rm').alias('delete').argument('<image...>', 'as in acme/web:1.2')), 'asks')
    .description('delete tags; their manifests stay, and the tags can be restored')
    .action((images, options) =>
      run(async (cli) => {
        const { removeTags } = await import('./tag/remove-tags.ts')
        await removeTags(cli, images, options)
      }),
    )
}
