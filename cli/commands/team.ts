import type { Command } from 'commander'
import { run } from './run.ts'
import { withChange, withFormat, withList, withServer } from './shared-options.ts'

/** `kontor team`: members to whom something is granted together. */
export function addTeamCommands(program: Command): void {
  const team = program.command('team').description('teams of an organization, and who is in them')

  withList(withServer(team.command('ls').alias('list').argument('<organization>')))
    .description('list the teams of an organization')
    .action((organization, options) =>
      run(async (cli) => {
        const { listTeams } = await import('./team/list-teams.ts')
        await listTeams(cli, organization, options)
      }),
    )

  withFormat(withServer(withTeam(team.command('view'))))
    .description('show a team, and who is in it')
    .action((organization, name, options) =>
      run(async (cli) => {
        const { viewTeam } = await import('./team/view-team.ts')
        await viewTeam(cli, organization, name, options)
      }),
    )

  withList(withServer(withTeam(team.command('members'))))
    .description('list who is in a team')
    .action((organization, name, options) =>
      run(async (cli) => {
        const { listTeamMembers } = await import('./team/list-team-members.ts')
        await listTeamMembers(cli, organization, name, options)
      }),
    )

  withChange(withServer(withTeam(team.command('create'))))
    .description('create a team')
    .action((organization, name, options) =>
      run(async (cli) => {
        const { createTeam } = await import('./team/create-team.ts')
        await createTeam(cli, organization, name, options)
      }),
    )

  withChange(withServer(withTeam(team.command('mv')).argument('<new-name>')))
    .description('rename a team; its members and grants stay')
    .action((organization, name, newName, options) =>
      run(async (cli) => {
        const { renameTeam } = await import('./team/rename-team.ts')
        await renameTeam(cli, organization, name, newName, options)
      }),
    )

  withChange(withServer(team.command('rm').alias('delete').argument('<organization>').argument('<team...>')), 'asks')
    .description('delete teams with their grants; their members stay in the organization')
    .action((organization, names, options) =>
      run(async (cli) => {
        const { removeTeams } = await import('./team/remove-teams.ts')
        await removeTeams(cli, organization, names, options)
      }),
    )

  withChange(withServer(withTeam(team.command('add')).argument('<user...>')))
    .description('put members of the organization into a team')
    .action((organization, name, users, options) =>
      run(async (cli) => {
        const { addTeamMembers } = await import('./team/change-team-members.ts')
        await addTeamMembers(cli, organization, name, users, options)
      }),
    )

  withChange(withServer(withTeam(team.command('remove')).argument('<user...>')))
    .description('take somebody out of a team, or leave it by your own name')
    .action((organization, name, users, options) =>
      run(async (cli) => {
        const { removeTeamMembers } = await import('./team/change-team-members.ts')
        await removeTeamMembers(cli, organization, name, users, options)
      }),
    )
}

function withTeam<C extends Command>(command: C): C {
  command.argument('<organization>').argument('<team>')
  return command
}
