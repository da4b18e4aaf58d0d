import type { AccountRow } from './account-rows.ts'
import type { StoreContext } from './store-context.ts'

/** Which names accounts may take, and who answers to those given up. Called inside the transaction of a change. */
export interface AccountNames {
  /** The account that has the name, or had it and answers to it still. */
  findHolder(name: string): AccountRow | undefined
  /**
   * Frees a name for an account that is about to get it: from now on nobody answers to it as a former one.
   * @param accountId the account, if it exists already: it may take back what it had itself.
   * @returns false when another account has the name, or when it was given up too recently.
   */
  take(name: string, accountId?: number): boolean
  /**
   * Holds a name that an account has no longer.
   * @param accountId who goes on answering to it; undefined when the account is going.
   */
  giveUp(name: string, accountId: number | undefined): void
}

/** Makes the keeper of the names. */
export function createAccountNames({ db, now, holdNamesForMs }: StoreContext): AccountNames {
  // At most one of the two finds something: whoever takes a name ends what it led to before.
  const selectHolder = db.prepare<{ name: string }, AccountRow>(`
    SELECT * FROM account WHERE name = @name
    UNION ALL
    SELECT account.* FROM former_account_name JOIN account ON account.id = former_account_name.account_id
    WHERE former_account_name.name = @name`)
  const selectAccount = db.prepare<[string], { id: number }>('SELECT id FROM account WHERE name = ?')
  const selectFormer = db.prepare<[string], { account_id: number | null; freed_at: number }>(
    'SELECT account_id, freed_at FROM former_account_name WHERE name = ?',
  )
  const deleteFormer = db.prepare<[string]>('DELETE FROM former_account_name WHERE name = ?')
  const insertFormer = db.prepare<[string, number | null, number]>(
    'INSERT INTO former_account_name (name, account_id, freed_at) VALUES (?, ?, ?)',
  )

  return {
    findHolder(name) {
      return selectHolder.get({ name })
    },
    take(name, accountId) {
      if (selectAccount.get(name) !== undefined) return false
      const former = selectFormer.get(name)
      if (former === undefined) return true
      const wasItsOwn = accountId !== undefined && former.account_id === accountId
      if (!wasItsOwn && now() - former.freed_at < holdNamesForMs) return false
      deleteFormer.run(name)
      return true
    },
    giveUp(name, accountId) {
      insertFormer.run(name, accountId ?? null, now())
    },
  }
}
