import type { Command } from 'commander'
import { run } from './run.ts'
import { withChange, withFormat, withServer } from './shared-options.ts'

/** `kontor login`, `logout` and `whoami`. */
export function addLoginCommands(program: Command): void {
  withChange(program.command('login').argument('[server]', 'as in registry.example.com'))
    .description('log in to a registry, for docker and podman, too')
    .option('-u, --username <name>', 'of a user, or of a robot as in acme+ci')
    .option('--password-stdin', 'read the password, or what stands for it, from standard input')
    .option('--token-stdin', "read an access token or a robot's secret from standard input")
    .option('--expires <when>', 'how long the login lasts, as in 30d or 2030-01-01 (default: 90d)')
    .action((server, options) =>
      run(async (cli) => {
        const { logIn } = await import('./login/log-in.ts')
        await logIn(cli, server, options)
      }),
    )

  withChange(program.command('logout').argument('[server]', 'as in registry.example.com'))
    .description('forget what login has kept, and revoke it')
    .action((server, options) =>
      run(async (cli) => {
        const { logOut } = await import('./login/log-out.ts')
        await logOut(cli, server, options)
      }),
    )

  withFormat(withServer(program.command('whoami')))
    .description('tell who is logged in, by what, and until when')
    .action((options) =>
      run(async (cli) => {
        const { tellWho } = await import('./login/tell-who.ts')
        await tellWho(cli, options)
      }),
    )
}
