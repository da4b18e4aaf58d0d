import { randomBytes } from 'node:crypto'
import { addAbortSignal } from 'node:stream'
import { newPassword } from '../../api/fields.ts'
import type { ShellSession } from '../shell.ts'

/** A password that is to be. */
export interface ChosenPassword {
  readonly text: string
  /** Nobody knows it yet but this process. */
  readonly isGenerated: boolean
}

/** More than any password, so that nobody waits for the end of a file that was redirected by mistake. */
const MAX_INPUT_BYTES = 64 * 1024

/**
 * The password from standard input, or a generated one (120 bits).
 * @throws a refusal for a password that the API would not take either.
 */
export async function choosePassword(
  session: ShellSession,
  options: { readonly passwordStdin?: boolean },
): Promise<ChosenPassword> {
  if (!options.passwordStdin) return { text: generatePassword(), isGenerated: true }
  const text = await readPassword(session)
  requireGoodPassword(session, text)
  return { text, isGenerated: false }
}

export function generatePassword(): string {
  return randomBytes(15).toString('base64url')
}

/** @throws a refusal for a password that the API would not take either. */
export function requireGoodPassword(session: Pick<ShellSession, 'refusal'>, password: string): void {
  const checked = newPassword.safeParse(password)
  if (checked.success) return
  throw session.refusal(checked.error.issues[0]?.message ?? 'this password cannot be used', { exit: 'usage' })
}

/** One newline at the end is not part of it: `echo` writes one. */
async function readPassword({ terminal, refusal, signal }: ShellSession): Promise<string> {
  if (terminal.stdin.isTTY) {
    throw refusal('--password-stdin reads from a pipe or a file, and this is a terminal', {
      exit: 'usage',
      hint: 'write it as: … --password-stdin < file',
    })
  }
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of addAbortSignal(signal, terminal.stdin) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > MAX_INPUT_BYTES) throw refusal('standard input is too long for a password', { exit: 'usage' })
    }
  } catch (error) {
    if (signal.aborted) throw refusal('interrupted', { exit: 'interrupted' })
    throw error
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** Prints what a change of a password leaves for scripts: the name, or the password that nobody has seen yet. */
export function printPassword(
  { terminal }: Pick<ShellSession, 'terminal'>,
  name: string,
  password: ChosenPassword,
  done: string,
): void {
  terminal.print(password.isGenerated ? password.text : name)
  terminal.note(password.isGenerated ? `${done}; the password is shown this once` : done)
}
