import type { AccountRow } from './account-rows.ts'
import type { StoreContext } from './store-context.ts'

/** Makes the function that says whether an account is the only one that can administer the instance. */
export function createAdministratorGuard({ db }: StoreContext): (account: AccountRow) => boolean {
  const selectOther = db.prepare<[number], { id: number }>(`
    SELECT id FROM account WHERE kind = 'user' AND role = 'admin' AND disabled_at IS NULL AND id <> ? LIMIT 1`)
  return (account) => canAdminister(account) && selectOther.get(account.id) === undefined
}

/** Whether an account can administer the instance. */
export function canAdminister(account: Pick<AccountRow, 'kind' | 'role' | 'disabled_at'>): boolean {
  return account.kind === 'user' && account.role === 'admin' && account.disabled_at === null
}
