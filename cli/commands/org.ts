import type { Command } from 'commander'
import { run } from './run.ts'
import { withChange, withFormat, withList, withServer } from './shared-options.ts'

/** `kontor org`: whoever owns a namespace together. */
export function addOrgCommands(program: Command): void {
  const org = program.command('org').description('organizations and their settings')

  withList(withServer(org.command('ls').alias('list')))
    .description('list the organizations that you belong to, or hold a grant in')
    .action((options) =>
      run(async (cli) => {
        const { listOrganizations } = await import('./org/list-organizations.ts')
        await listOrganizations(cli, options)
      }),
    )

  withFormat(withServer(org.command('view').argument('<organization>', 'as in acme')))
    .description('show an organization')
    .action((name, options) =>
      run(async (cli) => {
        const { viewOrganization } = await import('./org/view-organization.ts')
        await viewOrganization(cli, name, options)
      }),
    )

  withSettings(withChange(withServer(org.command('create').argument('<organization>', 'its name and namespace'))))
    .description('create an organization that you own')
    .action((name, options) =>
      run(async (cli) => {
        const { createOrganization } = await import('./org/create-organization.ts')
        await createOrganization(cli, name, options)
      }),
    )

  withSettings(withChange(withServer(org.command('edit').argument('<organization>'))))
    .description('change the settings of an organization')
    .action((name, options) =>
      run(async (cli) => {
        const { editOrganization } = await import('./org/edit-organization.ts')
        await editOrganization(cli, name, options)
      }),
    )

  withChange(withServer(org.command('mv').argument('<organization>').argument('<new-name>')))
    .description('rename an organization; pulling by the old name goes on working')
    .action((name, newName, options) =>
      run(async (cli) => {
        const { renameOrganization } = await import('./org/rename-organization.ts')
        await renameOrganization(cli, name, newName, options)
      }),
    )

  withChange(withServer(org.command('rm').alias('delete').argument('<organization...>')), 'asks')
    .description('delete organizations that have no repositories any more')
    .action((names, options) =>
      run(async (cli) => {
        const { removeOrganizations } = await import('./org/remove-organizations.ts')
        await removeOrganizations(cli, names, options)
      }),
    )
}

function withSettings<C extends Command>(command: C): C {
  command
    .option('--display-name <text>', "what people call it; '' for none")
    .option('--base-permission <permission>', 'what members may do with all repositories: none, pull or push')
    .option('--default-visibility <visibility>', 'what new repositories are: private or public')
  return command
}
