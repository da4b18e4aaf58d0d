import type { Command } from 'commander'
import { withDataFolder } from '../shared-options.ts'
import type { Shell } from '../shell.ts'

/** `kontor user`: who may log in here, without having to log in. */
export function addUserCommands(program: Command, shell: Shell): void {
  const user = program.command('user').description("the users of this machine's registry, whether or not it runs")

  withDataFolder(shell.withChange(user.command('create').argument('<name>')))
    .description('create a user; without --password-stdin the password is generated and printed')
    .option('--email <address>', 'for the profile')
    .option('--admin', 'administers the whole registry')
    .option('--password-stdin', 'read the password from standard input')
    .action((name, options) =>
      shell.run(async (session) => {
        const { createUser } = await import('./create-user.ts')
        await createUser(session, name, options)
      }),
    )

  withDataFolder(shell.withChange(user.command('reset-password').argument('<name>')))
    .description('give a user a new password, which ends all that was logged in with the old one')
    .option('--password-stdin', 'read the password from standard input')
    .action((name, options) =>
      shell.run(async (session) => {
        const { resetPassword } = await import('./change-user.ts')
        await resetPassword(session, name, options)
      }),
    )

  withDataFolder(shell.withChange(user.command('disable').argument('<name>')))
    .description('let a user in no more, by password or token; what is theirs stays')
    .action((name, options) =>
      shell.run(async (session) => {
        const { setDisabled } = await import('./change-user.ts')
        await setDisabled(session, name, true, options)
      }),
    )

  withDataFolder(shell.withChange(user.command('enable').argument('<name>')))
    .description('let a user in again')
    .action((name, options) =>
      shell.run(async (session) => {
        const { setDisabled } = await import('./change-user.ts')
        await setDisabled(session, name, false, options)
      }),
    )

  withDataFolder(shell.withList(user.command('ls').alias('list')))
    .description('list the users')
    .action((options) =>
      shell.run(async (session) => {
        const { listUsers } = await import('./list-users.ts')
        await listUsers(session, options)
      }),
    )
}
