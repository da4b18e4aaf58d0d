import type { Command } from 'commander'
import { run } from './run.ts'
import { withList, withServer } from './shared-options.ts'

/** `kontor audit`: who did what, and what was refused. */
export function addAuditCommands(program: Command): void {
  const organization = 'whose events (default: all of the registry, for its administrators and auditors)'
  withList(withServer(program.command('audit').argument('[organization]', organization)))
    .description('show the audit log, the newest event first')
    .option('--action <action>', 'only this kind of event, as in tag.deleted')
    .option('--outcome <outcome>', 'only what was done, or what was refused')
    .option('--actor <name>', 'only what this user or robot did')
    .option('--object <name>', 'only what concerns this, or is within it, as in acme/web')
    .option('--since <time>', 'events of this time or later, as in 2h, 7d or 2030-01-31')
    .option('--until <time>', 'events from before this time')
    .option('-F, --follow', 'go on with new events as they come, until ^C')
    .option('--export <file>', 'write all that match into a .csv or .jsonl file')
    .option('-y, --yes', 'replace the file without asking')
    .action((name, options) =>
      run(async (cli) => {
        const { showAudit } = await import('./audit/show-audit.ts')
        await showAudit(cli, name, options)
      }),
    )
}
