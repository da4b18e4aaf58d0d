import type { Account, AccountChanges, AccountStore } from '../../../storage/metadata/accounts.ts'
import { SYSTEM } from '../../access/caller.ts'
import { createFindUser } from '../../accounts/find-user.ts'
import type { DataFolderOptions } from '../shared-options.ts'
import type { ShellSession } from '../shell.ts'
import { choosePassword, printPassword } from './choose-password.ts'
import { withAccounts } from './open-accounts.ts'

/** What a command was told that changes one user. */
export interface ChangeUserOptions extends DataFolderOptions {
  readonly dryRun?: boolean
}

/** `kontor user reset-password <name>`. */
export async function resetPassword(
  session: ShellSession,
  name: string,
  options: ChangeUserOptions & { readonly passwordStdin?: boolean },
): Promise<void> {
  const { terminal } = session
  const password = await choosePassword(session, options)
  await withAccounts(session, options, async ({ accounts, passwords }) => {
    const user = await requireUser(session, accounts, name)
    if (options.dryRun) {
      terminal.note(`would give ${user.name} a new password`)
      return
    }
    await change(session, accounts, user, { passwordHash: await passwords.hash(password.text) })
    printPassword(session, user.name, password, `${user.name} has a new password`)
    if (user.disabledAt !== undefined) {
      terminal.note(`${user.name} is disabled and cannot use it; try: kontor user enable ${user.name}`)
    }
  })
}

/** `kontor user disable <name>` and `kontor user enable <name>`. */
export async function setDisabled(
  session: ShellSession,
  name: string,
  disabled: boolean,
  options: ChangeUserOptions,
): Promise<void> {
  const { terminal } = session
  await withAccounts(session, options, async ({ accounts }) => {
    const user = await requireUser(session, accounts, name)
    const word = disabled ? 'disable' : 'enable'
    if (disabled === (user.disabledAt !== undefined)) {
      terminal.note(`${user.name} is ${word}d already`)
      return
    }
    if (options.dryRun) {
      terminal.note(`would ${word} ${user.name}`)
      return
    }
    await change(session, accounts, user, { disabled })
    terminal.print(user.name)
    terminal.note(`${user.name} is ${word}d`)
  })
}

/** @throws a refusal when there is no such user. */
async function requireUser({ refusal }: ShellSession, accounts: AccountStore, name: string): Promise<Account> {
  const user = await createFindUser({ accounts })(name.toLowerCase())
  if (user !== undefined) return user
  throw refusal(`there is no user ${name}`, { exit: 'notFound', hint: 'try: kontor user ls' })
}

/** @throws a refusal when nobody could administer the registry any more. */
async function change(
  { refusal }: ShellSession,
  accounts: AccountStore,
  { id, name }: Account,
  changes: AccountChanges,
): Promise<void> {
  const { kind } = await accounts.update(id, changes, SYSTEM)
  if (kind === 'updated') return
  if (kind === 'last-admin') {
    throw refusal(`${name} is the only administrator`, {
      exit: 'conflict',
      hint: 'make another one first: kontor user create <name> --admin',
    })
  }
  throw refusal(`${name} was changed by somebody else at this moment`, { exit: 'conflict', hint: 'try again' })
}
