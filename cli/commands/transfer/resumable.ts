import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import type { Progress } from '../../terminal/progress.ts'
import { type Cli, interrupted } from '../run.ts'

/**
 * Does work that goes on where it was when it is asked for again. What ends it is said with the command for that.
 * @param again the same command.
 */
export async function resumable<T>(
  cli: Cli,
  progress: Progress,
  again: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    progress.abandon()
    const hint = `the same command goes on where it was: ${again.map(quoted).join(' ')}`
    if (cli.signal.aborted) throw interrupted('interrupted', hint)
    if (!(error instanceof CliError) || error.hint !== undefined) throw error
    const { message, exitCode, code, requestId } = error
    const mayPass = exitCode === EXIT.network || exitCode === EXIT.rateLimited || isFull(code)
    throw mayPass ? new CliError(message, { exitCode, code, requestId, hint, cause: error }) : error
  }
}

function isFull(code: string | undefined): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
