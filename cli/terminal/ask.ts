import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks for a line on the terminal.
 * @param question.instead what to write on the command line where nobody can be asked.
 * @throws CliError usage where nobody can be asked, `interrupted` after ^C and ^D.
 */
export async function ask(
  terminal: Terminal,
  question: { readonly text: string; readonly instead: string; readonly isSecret?: boolean },
): Promise<string> {
  const { text, instead, isSecret = false } = question
  if (!terminal.canAsk) {
    throw new CliError(`${text} is not said, and nobody can be asked`, { exitCode: EXIT.usage, hint: instead })
  }
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
      const stop = () => reject(new CliError('interrupted', { exitCode: EXIT.interrupted }))
      reader.once('SIGINT', stop)
      reader.once('close', stop)
      reader.question(isSecret ? '' : `${text}: `).then(resolve, reject)
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
 * @throws CliError when the answer is no, or nobody can be asked.
 */
export async function confirm(
  terminal: Terminal,
  what: string,
  options: { readonly yes?: boolean | undefined },
): Promise<void> {
  if (options.yes) return
  const answer = await ask(terminal, { text: `${what}? (y/N)`, instead: 'add --yes to go on without being asked' })
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was changed')
}
