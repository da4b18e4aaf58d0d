import { type Command, Option } from 'commander'
import { run } from './run.ts'
import { withList, withServer } from './shared-options.ts'

/** `kontor search`: repositories, tags, organizations and users by words. */
export function addSearchCommands(program: Command): void {
  withList(withServer(program.command('search').argument('[words...]', 'as in nginx, or proxy arch:arm64 stars:>3')))
    .description('find repositories, tags, organizations and users, the best first')
    .addOption(
      new Option('--type <type>', 'what to find')
        .choices(['repository', 'tag', 'organization', 'user'])
        .default('repository'),
    )
    .addHelpText('after', QUALIFIERS)
    .action((words, options) =>
      run(async (cli) => {
        const { searchServer } = await import('./search/search-server.ts')
        await searchServer(cli, words, options)
      }),
    )
}

const QUALIFIERS = `
Words may be mixed with qualifiers:
  org:acme  is:public|private|official|active|deprecated|archived  arch:arm64  os:linux
  label:team=web  pushed:'<30d'  stars:'>3'  type:image|helm|wasm|signature|sbom|attestation|artifact`
