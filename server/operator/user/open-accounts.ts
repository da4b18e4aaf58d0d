import type { AccountControl } from '../../compose-accounts.ts'
import { loadSettings } from '../load-settings.ts'
import { type DataFolderOptions, settingsOf } from '../shared-options.ts'
import type { ShellSession } from '../shell.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Does something with the users of the data folder that the settings name, and closes it. Settings that cannot be used
 * are said on stderr, and nothing is done.
 * @throws a refusal when there is no registry; Error when its database cannot be used.
 */
export async function withAccounts(
  session: ShellSession,
  options: DataFolderOptions,
  work: (control: AccountControl) => Promise<void>,
): Promise<void> {
  const loaded = loadSettings(settingsOf(options))
  if (loaded === undefined) return
  const { dataDir, accounts } = loaded.config
  const { openAccountControl } = await import('../../compose-accounts.ts')
  const control = await openAccountControl({ dataDir, holdNamesForMs: accounts.holdNamesDays * DAY_MS })
  if (control === undefined) throw noRegistry(session, dataDir)
  try {
    await work(control)
  } finally {
    await control.close()
  }
}

/** What a command ends with that was given the wrong data folder. */
export function noRegistry(session: Pick<ShellSession, 'refusal'>, dataDir: string): Error {
  return session.refusal(`there is no registry in the data folder ${dataDir}`, {
    exit: 'notFound',
    hint: 'give the one that the server uses (--data-dir, or --config), or make one: kontor init',
  })
}
