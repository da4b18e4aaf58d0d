import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from './terminal.ts'

const UNASKED = 'add --yes to go on without being asked'

/**
 * Asks for a line on the terminal.
 * @param question.text what is asked for: `user name`.
 * @param question.instead what to write on the command line where nobody can be asked.
 * @throws CliError usage where nobody can be asked, `interrupted` after ^C and ^D.
 */
export async function ask(
  terminal: Terminal,
  question: { readonly text: string; readonly instead: string; readonly isSecret?: boolean },
): Promise<string> {
  const { text, instead, isSecret = false } = question
  if (!terminal.canAsk) {
    throw new CliError(`no ${text} is given, and nobody can be asked`, { exitCode: EXIT.usage, hint: instead })
  }
  const { interruption: signal } = terminal
  const interrupted = (cause?: unknown) => new CliError('interrupted', { exitCode: EXIT.interrupted, cause })
  // Pressed while the program was busy: whoever did that wants no question.
  if (signal.aborted) throw interrupted()
  // What is typed is echoed by readline to its output: a secret goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({
    input: terminal.stdin,
    output: isSecret ? nowhere : terminal.stderr,
    terminal: true,
  })
  if (isSecret) terminal.stderr.write(`${text}: `)
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = (cause?: unknown) => reject(interrupted(cause))
      reader.once('SIGINT', () => stop())
      reader.once('close', () => stop())
      reader.question(isSecret ? '' : `${text}: `, { signal }).then(resolve, stop)
    })
  } catch (error) {
    // What is said next begins a line of its own.
    if (!isSecret) terminal.stderr.write('\n')
    throw error
  } finally {
    reader.close()
    if (isSecret) terminal.stderr.write('\n')
  }
}

/**
 * Asks whether to go on with what cannot be undone; `--yes` answers it.
 * @param what without the question mark: `delete acme/web:1.2`.
 * @throws CliError when the answer is no, or nobody can be asked.
 */
export async function confirm(
  terminal: Terminal,
  what: string,
  options: { readonly yes?: boolean | undefined },
): Promise<void> {
  if (options.yes) return
  if (!terminal.canAsk) throw unasked(what)
  const answer = await ask(terminal, { text: `${what}? (y/N)`, instead: UNASKED })
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was changed')
}

/** What to throw where a question is needed that nobody can be asked. @param what as for {@link confirm}. */
export function unasked(what: string): CliError {
  return new CliError(`nobody is there to answer "${what}?"`, {
    exitCode: EXIT.usage,
    hint: UNASKED,
  })
}
