import { SYSTEM } from '../../access/caller.ts'
import { email, newAccountName } from '../../api/fields.ts'
import type { DataFolderOptions } from '../shared-options.ts'
import type { ShellSession } from '../shell.ts'
import { choosePassword, printPassword } from './choose-password.ts'
import { withAccounts } from './open-accounts.ts'

/** What `kontor user create` was told beside the name. */
export interface CreateUserOptions extends DataFolderOptions {
  readonly email?: string
  readonly admin?: boolean
  readonly passwordStdin?: boolean
  readonly dryRun?: boolean
}

/** `kontor user create <name>`. */
export async function createUser(session: ShellSession, name: string, options: CreateUserOptions): Promise<void> {
  const { refusal, terminal } = session
  const checked = newAccountName.safeParse(name)
  if (!checked.success) {
    throw refusal(`${JSON.stringify(name)}: ${checked.error.issues[0]?.message}`, { exit: 'usage' })
  }
  if (options.email !== undefined && !email.safeParse(options.email).success) {
    throw refusal(`${JSON.stringify(options.email)} is no e-mail address`, { exit: 'usage' })
  }
  const password = await choosePassword(session, options)
  const role = options.admin ? 'admin' : 'none'
  const what = role === 'admin' ? `the administrator ${name}` : `the user ${name}`

  await withAccounts(session, options, async ({ accounts, passwords }) => {
    const taken = () => refusal(`the name ${name} is taken`, { exit: 'conflict', hint: 'try: kontor user ls' })
    if (options.dryRun) {
      if ((await accounts.resolveName(name)) !== undefined) throw taken()
      terminal.note(`would create ${what}`)
      return
    }
    const passwordHash = await passwords.hash(password.text)
    const { kind } = await accounts.createUser({ name, passwordHash, email: options.email, role }, SYSTEM)
    if (kind === 'name-taken') throw taken()
    printPassword(session, name, password, `created ${what}`)
  })
}
