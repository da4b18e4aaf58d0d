import { randomBytes } from 'node:crypto'
import type { Secret } from '../../config/secret.ts'
import { OFFICIAL_NAMESPACE } from '../../oci/repository-name.ts'
import type { AccountStore } from '../../storage/metadata/accounts.ts'
import { SYSTEM } from '../access/caller.ts'
import type { Passwords } from '../access/passwords.ts'

/** What the first start made, for the one moment in which a generated password can be shown. */
export type FirstStart =
  | { readonly kind: 'none' }
  | { readonly kind: 'admin-created'; readonly username: string; readonly generatedPassword: string | undefined }

/**
 * On an empty database: creates the administrator, with the configured password or a generated one; on any other it
 * leaves the users as they are, whatever the settings say. Either way the organization of the official images is there
 * afterwards. The administrator comes first: a start that is interrupted must not leave a registry without one.
 */
export async function completeFirstStart(deps: {
  readonly accounts: AccountStore
  readonly passwords: Passwords
  readonly username: string
  readonly password: Secret | undefined
}): Promise<FirstStart> {
  const { accounts, passwords, username, password } = deps
  const existing = await accounts.listUsers({ after: undefined, limit: 1 })
  const firstStart = existing.items.length > 0 ? ({ kind: 'none' } as const) : await createAdmin()
  await accounts.ensureOrganization(OFFICIAL_NAMESPACE, SYSTEM)
  return firstStart

  async function createAdmin(): Promise<FirstStart> {
    const generatedPassword = password === undefined ? randomBytes(15).toString('base64url') : undefined
    const passwordHash = await passwords.hash(password?.reveal() ?? generatedPassword ?? '')
    const admin = { name: username, passwordHash, email: undefined, role: 'admin' } as const
    const { kind } = await accounts.createUser(admin, SYSTEM)
    if (kind === 'name-taken') throw new Error(`another process is creating the administrator ${username}; start again`)
    return { kind: 'admin-created', username, generatedPassword }
  }
}
