import type { Config } from '../../../config/schema.ts'
import { Secret } from '../../../config/secret.ts'
import { findDatabase } from '../../../storage/data-folder.ts'
import type { ShellSession } from '../shell.ts'
import {
  type ChosenPassword,
  choosePassword,
  generatePassword,
  printPassword,
  requireGoodPassword,
} from '../user/choose-password.ts'

/** What `kontor init` was told of the administrator. */
export interface AdminOptions {
  /** The name; `admin` unless told. */
  readonly admin?: string
  readonly adminPasswordStdin?: boolean
  readonly yes?: boolean
}

/** The administrator who is to be. */
export interface FirstAdmin {
  readonly username: string
  readonly password: ChosenPassword
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Chooses the password of the administrator: from standard input, asked for, or generated. Undefined where the data
 * folder has users already, who stay as they are.
 */
export async function chooseAdmin(
  session: ShellSession,
  { dataDir, admin: { username } }: Config,
  options: AdminOptions,
): Promise<FirstAdmin | undefined> {
  const { terminal } = session
  if (findDatabase(dataDir) !== undefined) {
    terminal.note(`${dataDir} holds a registry already, whose users stay as they are`)
    return undefined
  }
  if (options.adminPasswordStdin) {
    return { username, password: await choosePassword(session, { passwordStdin: true }) }
  }
  if (options.yes || !terminal.canAsk) return { username, password: { text: generatePassword(), isGenerated: true } }
  return { username, password: await askPassword(session, username) }
}

async function askPassword({ ask, refusal, terminal }: ShellSession, username: string): Promise<ChosenPassword> {
  const instead = 'give --admin-password-stdin'
  for (;;) {
    const text = await ask({ text: `password for ${username} [generate one]`, instead, isSecret: true })
    if (text === '') return { text: generatePassword(), isGenerated: true }
    try {
      requireGoodPassword({ refusal }, text)
    } catch (error) {
      terminal.note(`  ${error instanceof Error ? error.message : error}`)
      continue
    }
    if (text === (await ask({ text: 'once more', instead, isSecret: true }))) return { text, isGenerated: false }
    terminal.note('  the two are not the same')
  }
}

/** Creates the administrator in the data folder, and prints the password if nobody has seen it yet. */
export async function createAdmin(session: ShellSession, config: Config, admin: FirstAdmin): Promise<void> {
  const { username, password } = admin
  const { createRegistry } = await import('../../compose-accounts.ts')
  await createRegistry({
    dataDir: config.dataDir,
    holdNamesForMs: config.accounts.holdNamesDays * DAY_MS,
    username,
    password: new Secret(password.text),
  })
  const done = `created the administrator ${username} in ${config.dataDir}`
  if (password.isGenerated) printPassword(session, username, password, done)
  else session.terminal.note(done)
}
