import { Command } from 'commander'
import { addApiCommand } from './commands/api.ts'
import { addAuditCommands } from './commands/audit.ts'
import { addCompletionCommands } from './commands/completion.ts'
import { addContextCommands } from './commands/context.ts'
import { addGrantCommands } from './commands/grant.ts'
import { addImageCommands } from './commands/image.ts'
import { addLoginCommands } from './commands/login.ts'
import { addMemberCommands } from './commands/member.ts'
import { OPERATOR_SHELL, type OperatorShell } from './commands/operator-shell.ts'
import { addOrgCommands } from './commands/org.ts'
import { addRepoCommands } from './commands/repo.ts'
import { addRobotCommands } from './commands/robot.ts'
import { addSearchCommands } from './commands/search.ts'
import { addTagCommands } from './commands/tag.ts'
import { addTeamCommands } from './commands/team.ts'
import { addTokenCommands } from './commands/token.ts'
import { addTransferCommands } from './commands/transfer.ts'
import { addWatchCommands } from './commands/watch.ts'
import { EXIT } from './exit-codes.ts'

/** Adds commands to the program. @param shell what they share with those of the client. */
export type AddCommands = (program: Command, version: string, shell: OperatorShell) => void

/** In the order in which `--help` lists them. */
const CLIENT_COMMANDS: readonly ((program: Command) => void)[] = [
  addLoginCommands,
  addContextCommands,
  addSearchCommands,
  addRepoCommands,
  addTagCommands,
  addImageCommands,
  addTransferCommands,
  addWatchCommands,
  addTokenCommands,
  addOrgCommands,
  addMemberCommands,
  addTeamCommands,
  addGrantCommands,
  addRobotCommands,
  addAuditCommands,
  addApiCommand,
  addCompletionCommands,
]

/**
 * Runs what the command line asks for.
 * @param argv as in `process.argv`.
 * @param addOperatorCommands those that work on this machine's own registry, which the client knows nothing of.
 */
export async function main(argv: readonly string[], version: string, addOperatorCommands: AddCommands): Promise<void> {
  const program = new Command('kontor')
    .description('A self-hosted container image registry, and its client.')
    .version(version, '-v, --version')
    .configureOutput({ outputError: (text, write) => write(inOneLine(text)) })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  // commander itself would end with 1, which is for what could not be done although it was rightly asked.
  program.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
  for (const addCommands of CLIENT_COMMANDS) addCommands(program)
  addOperatorCommands(program, version, OPERATOR_SHELL)
  await program.parseAsync(argv)
}

/** What commander finds wrong with a call, as all other errors are told: in one line, with what to try next. */
function inOneLine(text: string): string {
  const [wrong = '', near] = text.trim().split(/\s*\n\s*/)
  const meant = near === undefined ? '' : `; ${near.replace(/^\(Did/, 'did').replace(/\)$/, '')}`
  return `${wrong}${meant === '' ? '; add --help for what there is' : meant}\n`
}
