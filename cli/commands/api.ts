import type { Command } from 'commander'
import { run } from './run.ts'
import { collect, withChange, withServer } from './shared-options.ts'

/** `kontor api`: everything that has no command of its own. */
export function addApiCommand(program: Command): void {
  withChange(withServer(program.command('api').argument('<method-or-path>').argument('[path]')))
    .usage('[options] [METHOD] <path>')
    .description('send a request to the API, and print the answer as it is')
    .addHelpText('after', '\nkontor api /openapi.json describes all routes.')
    .option('-f, --field <key=value>', 'text: of the body, or of the query with GET; may be repeated', collect)
    .option('-F, --json-field <key=json>', 'the same with true, 12, null, a list or an object', collect)
    .option('--input <file>', 'the body; - is standard input')
    .option('-H, --header <name:value>', 'may be repeated', collect)
    .option('--paginate', 'go on while there are more pages, and print all of them')
    .option('-i, --include', 'print status and headers, too')
    .action((first, second, options) =>
      run(async (cli) => {
        const { callApi } = await import('./api/call-api.ts')
        await callApi(cli, second === undefined ? { path: first } : { method: first, path: second }, options)
      }),
    )
}
