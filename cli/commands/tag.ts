import { type Command, Option } from 'commander'
import { run } from './run.ts'
import { withChange, withList, withServer } from './shared-options.ts'

/** `kontor tag`: what there is of a repository, and pointing tags elsewhere. */
export function addTagCommands(program: Command): void {
  const tag = program.command('tag').description('list, add, move, delete and restore tags')

  withList(withServer(tag.command('ls').alias('list').argument('<repository>', 'as in acme/web')))
    .description('list the tags of a repository, the newest version first')
    .addOption(
      new Option('--order <order>', 'asked of the server, for long lists').choices(['version', 'pushed', 'name']),
    )
    .option('--prefix <text>', 'only tags that begin with this')
    .action((repository, options) =>
      run(async (cli) => {
        const { listTags } = await import('./tag/list-tags.ts')
        await listTags(cli, repository, options)
      }),
    )

  withChange(
    withServer(
      tag.command('add').argument('<image>', 'what there is, as in acme/web:1.2').argument('<tag...>', 'as in stable'),
    ),
  )
    .description('point further tags to an image')
    .action((image, tags, options) =>
      run(async (cli) => {
        const { addTags } = await import('./tag/add-tags.ts')
        await addTags(cli, image, tags, options)
      }),
    )

  withChange(
    withServer(tag.command('mv').argument('<image>', 'as in acme/web:next').argument('<new-tag>', 'as in stable')),
  )
    .description('give a tag another name')
    .option('--force', 'even if the other tag points to something else')
    .action((image, newTag, options) =>
      run(async (cli) => {
        const { moveTag } = await import('./tag/move-tag.ts')
        await moveTag(cli, image, newTag, options)
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

  withChange(withServer(tag.command('restore').argument('<image...>', 'as in acme/web:1.2 or acme/web:1.2@sha256:…')))
    .description('point tags again to what they pointed to before, also tags that were deleted')
    .action((images, options) =>
      run(async (cli) => {
        const { restoreTags } = await import('./tag/restore-tags.ts')
        await restoreTags(cli, images, options)
      }),
    )

  withList(withServer(tag.command('history').argument('<image>', 'as in acme/web:1.2')))
    .description('list what a tag has pointed to, since when, and by whom; the newest first')
    .action((image, options) =>
      run(async (cli) => {
        const { listHistory } = await import('./tag/list-history.ts')
        await listHistory(cli, image, options)
      }),
    )
}
