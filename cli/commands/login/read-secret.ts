import { text } from 'node:stream/consumers'
import { CliError } from '../../cli-error.ts'
import { type SecretKind, secretKind } from '../../credentials/secret-kind.ts'
import { EXIT } from '../../exit-codes.ts'
import { ask } from '../../terminal/ask.ts'
import type { Terminal } from '../../terminal/terminal.ts'

/** What a user logs in with. */
export interface GivenSecret {
  /** Undefined where a token is to tell it. */
  readonly username: string | undefined
  readonly secret: string
  readonly kind: SecretKind
}

/** Where it comes from: the flags of `kontor login`. */
export interface SecretOptions {
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly tokenStdin?: boolean
}

/**
 * Reads name and secret from flags and standard input, or asks for them.
 * @throws CliError usage where something is missing and nobody can be asked, or the secret is of a kind that does not
 * log in.
 */
export async function readSecret(terminal: Terminal, options: SecretOptions): Promise<GivenSecret> {
  const { username, secret } = await readPair(terminal, options)
  const kind = secretKind(secret)
  if (secret === '') throw new CliError('the password is empty', { exitCode: EXIT.usage })
  if (kind === 'refresh-token' || kind === 'invitation') {
    throw new CliError(
      `this is ${kind === 'invitation' ? 'an invitation' : "what docker's login keeps"}, no access token`,
      {
        exitCode: EXIT.usage,
        hint: kind === 'invitation' ? 'open its link' : 'log in with your password, or with an access token',
      },
    )
  }
  if (username !== undefined || kind !== 'password') return { username, secret, kind }
  throw new CliError(`${options.tokenStdin ? 'this is no token of a Kontor' : 'the user name is missing'}`, {
    exitCode: EXIT.usage,
    hint: 'add --username <name>',
  })
}

async function readPair(terminal: Terminal, { username, passwordStdin, tokenStdin }: SecretOptions) {
  if (passwordStdin && tokenStdin) {
    throw new CliError('--password-stdin and --token-stdin cannot both be given', { exitCode: EXIT.usage })
  }
  // `echo` puts a line's end behind it, which is in no password.
  if (passwordStdin || tokenStdin) return { username, secret: (await text(terminal.stdin)).replace(/\r?\n$/, '') }
  const name = username ?? (await ask(terminal, { text: 'user name', instead: 'add --username <name>' })).trim()
  const instead = 'pipe it in, with --password-stdin or --token-stdin'
  const secret = await ask(terminal, { text: 'password or access token', instead, isSecret: true })
  return { username: name === '' ? undefined : name, secret }
}
