import type { Command } from 'commander'
import { run } from './run.ts'
import { collect, withChange, withList, withServer } from './shared-options.ts'

/** `kontor token`: access tokens, which stand for their owner in scripts and on other machines. */
export function addTokenCommands(program: Command): void {
  const token = program.command('token').description('list, create and revoke your access tokens')

  withList(withServer(token.command('ls').alias('list')))
    .description('list your access tokens, the newest first')
    .action((options) =>
      run(async (cli) => {
        const { listTokens } = await import('./token/list-tokens.ts')
        await listTokens(cli, options)
      }),
    )

  withChange(withServer(token.command('create').argument('<name>', 'what it is for')))
    .description('create an access token, and print it this once')
    .option('--scope <pattern:permission>', 'only for this, as in acme/*:push; may be repeated', collect)
    .option('--expires <when>', 'as in 30d or 2030-01-01 (default: never)')
    .action((name, options) =>
      run(async (cli) => {
        const { createToken } = await import('./token/create-token.ts')
        await createToken(cli, name, options)
      }),
    )

  withChange(
    withServer(token.command('revoke').alias('rm').alias('delete').argument('<token...>', 'id or name')),
    'asks',
  )
    .description('end access tokens at once')
    .action((tokens, options) =>
      run(async (cli) => {
        const { revokeTokens } = await import('./token/revoke-tokens.ts')
        await revokeTokens(cli, tokens, options)
      }),
    )
}
