import { setMaxListeners } from 'node:events'
import { clearLine, cursorTo } from 'node:readline'
import type { ApiClient } from '../api/api-client.ts'
import { CliError, describeError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { openTerminal, type Terminal } from '../terminal/terminal.ts'

/** What a command works with. */
export interface Cli {
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by ^C; a command that leaves something to go on with cleans up and says how, then throws `interrupted`. */
  readonly signal: AbortSignal
  /** The server that is meant. @param named.host from a reference among the arguments. */
  api(named: { readonly server?: string | undefined; readonly host?: string | undefined }): Promise<ApiClient>
}

/** What a command throws when it was interrupted. */
export function interrupted(message: string, hint?: string): CliError {
  return new CliError(message, { exitCode: EXIT.interrupted, hint })
}

/**
 * Runs a command: prints what it throws in one line, and ends with the code for it. A second ^C ends at once.
 * @param work loads the command's own file, and does it.
 */
export async function run(work: (cli: Cli) => Promise<void>): Promise<void> {
  const { env } = process
  const interruption = new AbortController()
  const { signal } = interruption
  const terminal = openTerminal(process, signal)
  // Every request under way listens to it, and some commands have dozens.
  setMaxListeners(0, signal)
  const interrupt = () => {
    if (signal.aborted) process.exit(EXIT.interrupted)
    interruption.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  // `kontor tag ls | head`: nobody reads on, which is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.error),
  )
  try {
    await work({
      terminal,
      env,
      signal,
      async api(named) {
        const { openApi } = await import('../api/open-api.ts')
        return openApi(env, named, signal)
      },
    })
    if (signal.aborted) clearKeys(terminal)
  } catch (error) {
    if (signal.aborted) clearKeys(terminal)
    terminal.note(terminal.paint('bad', 'error:', 'stderr') + describeError(error).slice('error:'.length))
    process.exitCode = error instanceof CliError ? error.exitCode : EXIT.error
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** A terminal shows ^C where the cursor is: what comes next, be it the shell, begins a line. */
function clearKeys({ isProgressShown, stderr }: Terminal): void {
  if (!isProgressShown) return
  clearLine(stderr, 0)
  cursorTo(stderr, 0)
}
