import { type Command, Option } from 'commander'
import { run } from './run.ts'
import { collect, withChange, withFormat, withList, withServer } from './shared-options.ts'

const AS_IN = 'as in acme/web'

/** `kontor repo`: what repositories there are, and what they are. */
export function addRepoCommands(program: Command): void {
  const repo = program.command('repo').description('list, look at, create, describe, rename and delete repositories')
  addReading(repo)
  addDescribing(repo)
  addStars(repo)

  withChange(withServer(repo.command('rm').alias('delete').argument('<repository...>', AS_IN)), 'asks')
    .description('delete repositories with all that is in them')
    .action((repositories, options) =>
      run(async (cli) => {
        const { removeRepositories } = await import('./repo/remove-repositories.ts')
        await removeRepositories(cli, repositories, options)
      }),
    )
}

function addReading(repo: Command): void {
  withList(withServer(repo.command('ls').alias('list').argument('[namespace]', 'only those of it, as in acme')))
    .description('list the repositories that you may pull')
    .option('--starred', 'only those that you have starred')
    .action((namespace, options) =>
      run(async (cli) => {
        const { listRepositories } = await import('./repo/list-repositories.ts')
        await listRepositories(cli, namespace, options)
      }),
    )

  withFormat(withServer(repo.command('view').argument('<repository>', AS_IN)))
    .description('look at a repository: what it is, its latest tags and its README')
    .option('--readme', 'only the README')
    .action((repository, options) =>
      run(async (cli) => {
        const { viewRepository } = await import('./repo/view-repository.ts')
        await viewRepository(cli, repository, options)
      }),
    )

  withList(withServer(repo.command('access').argument('<repository>', AS_IN)))
    .description('explain who may do what in a repository, and through what')
    .option('--user <name>', 'only what this user may, and what it comes to')
    .action((repository, options) =>
      run(async (cli) => {
        const { listAccess } = await import('./repo/list-access.ts')
        await listAccess(cli, repository, options)
      }),
    )
}

function addDescribing(repo: Command): void {
  withVisibility(withChange(withServer(repo.command('create').argument('<repository>', AS_IN))))
    .description('create a repository before the first push, which would create it as well')
    .option('--description <text>', 'one line that says what it is')
    .action((repository, options) =>
      run(async (cli) => {
        const { createRepository } = await import('./repo/create-repository.ts')
        await createRepository(cli, repository, options)
      }),
    )

  withVisibility(withChange(withServer(repo.command('edit').argument('<repository>', AS_IN))))
    .description('describe a repository, choose who sees it, deprecate or archive it')
    .option('--description <text>', "one line that says what it is; '' for none")
    .option('--readme <file>', 'Markdown from a file, or from standard input for -')
    .option('--label <name=value>', 'add a label, or change it; may be repeated', collect)
    .option('--remove-label <name>', 'take a label away; may be repeated', collect)
    .addOption(new Option('--deprecate', 'tell who pulls to use something else').conflicts(['archive', 'activate']))
    .addOption(new Option('--archive', 'take no pushes any more').conflicts(['deprecate', 'activate']))
    .addOption(new Option('--activate', 'neither deprecated nor archived any more').conflicts(['deprecate', 'archive']))
    .option('--successor <repository>', 'what to use instead')
    .option('--no-successor', 'nothing is to be used instead')
    .action((repository, options) =>
      run(async (cli) => {
        const { editRepository } = await import('./repo/edit-repository.ts')
        await editRepository(cli, repository, options)
      }),
    )

  withChange(
    withServer(repo.command('mv').alias('rename').argument('<repository>', AS_IN).argument('<new-name>', 'as in shop')),
  )
    .description('give a repository another name in its namespace; it goes on answering under the old one')
    .action((repository, newName, options) =>
      run(async (cli) => {
        const { moveRepository } = await import('./repo/move-repository.ts')
        await moveRepository(cli, repository, newName, options)
      }),
    )
}

function addStars(repo: Command): void {
  for (const [verb, description, isStarred] of [
    ['star', 'star repositories', true],
    ['unstar', 'take your stars back', false],
  ] as const) {
    withChange(withServer(repo.command(verb).argument('<repository...>', AS_IN)))
      .description(description)
      .action((repositories, options) =>
        run(async (cli) => {
          const { starRepositories } = await import('./repo/star-repositories.ts')
          await starRepositories(cli, repositories, options, isStarred)
        }),
      )
  }
}

function withVisibility<C extends Command>(command: C): C {
  command
    .addOption(new Option('--public', 'for everybody to pull, also without a login').conflicts('private'))
    .addOption(new Option('--private', 'for those only who hold a right to it').conflicts('public'))
  return command
}
