import type { Command } from 'commander'
import { run } from './run.ts'
import { withChange, withList, withServer } from './shared-options.ts'

const PERMISSIONS = 'pull, push, maintain or admin'
const PATTERN = "a name or a pattern within the organization, as in web, 'web-*' or '**'"

/** `kontor grant`: who was given which permission on which of an organization's repositories. */
export function addGrantCommands(program: Command): void {
  const grant = program.command('grant').description('what users, teams and robots may do with repositories')

  withSubject(withList(withServer(grant.command('ls').alias('list').argument('<organization>'))))
    .description('list what was granted in an organization, or to one user, team or robot')
    .action((organization, options) =>
      run(async (cli) => {
        const { listGrants } = await import('./grant/list-grants.ts')
        await listGrants(cli, organization, options)
      }),
    )

  withSubject(
    withChange(
      withServer(
        grant
          .command('add')
          .argument('<organization>')
          .argument('<repositories>', PATTERN)
          .argument('<permission>', PERMISSIONS),
      ),
    ),
  )
    .description('give a permission on repositories, those to come included')
    .action((organization, repositories, permission, options) =>
      run(async (cli) => {
        const { addGrant } = await import('./grant/add-grant.ts')
        await addGrant(cli, organization, repositories, permission, options)
      }),
    )

  withChange(
    withServer(
      grant
        .command('edit')
        .argument('<organization>')
        .argument('<id>', 'as kontor grant ls shows it')
        .argument('<permission>', PERMISSIONS),
    ),
  )
    .description('change the permission of a grant')
    .action((organization, id, permission, options) =>
      run(async (cli) => {
        const { editGrant } = await import('./grant/edit-grant.ts')
        await editGrant(cli, organization, id, permission, options)
      }),
    )

  withChange(
    withServer(grant.command('rm').alias('delete').argument('<organization>').argument('<id...>', 'of grants')),
    'asks',
  )
    .description('take back what was granted')
    .action((organization, ids, options) =>
      run(async (cli) => {
        const { removeGrants } = await import('./grant/remove-grants.ts')
        await removeGrants(cli, organization, ids, options)
      }),
    )
}

function withSubject<C extends Command>(command: C): C {
  command
    .option('--user <user>', 'who need not be a member')
    .option('--team <team>')
    .option('--robot <robot>', 'as in ci or acme+ci')
  return command
}
