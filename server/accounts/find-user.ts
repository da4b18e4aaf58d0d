import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'

/** The user of this name, or who had it before; an organization is none. */
export type FindUser = (name: string) => Promise<Account | undefined>

export function createFindUser({ accounts }: { readonly accounts: Pick<AccountStore, 'resolveName'> }): FindUser {
  return async (name) => {
    const account = await accounts.resolveName(name)
    return account?.kind === 'user' ? account : undefined
  }
}
