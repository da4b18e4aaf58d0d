import { keyOf } from '../search-words.ts'
import type { AccountRow } from './account-rows.ts'
import { marked, nameTokens } from './search-tokens.ts'
import type { StoreContext } from './store-context.ts'

/** Keeps what finds users and organizations, inside the transaction of whoever changed them. */
export interface AccountIndexer {
  /** After an account was made or changed. */
  index(account: Pick<AccountRow, 'id' | 'kind' | 'name' | 'display_name'>): void
  unindex(accountId: number): void
}

export function createAccountIndexer({ db }: StoreContext): AccountIndexer {
  const deleteText = db.prepare<[number]>('DELETE FROM account_text WHERE rowid = ?')
  const insertText = db.prepare<[number, string]>('INSERT INTO account_text (rowid, tokens) VALUES (?, ?)')
  return {
    index({ id, kind, name, display_name }) {
      const tokens = nameTokens([keyOf(name)], `${name} ${display_name ?? ''}`)
      deleteText.run(id)
      insertText.run(id, [...tokens, ...marked('facet', [kind])].join(' '))
    },
    unindex(accountId) {
      deleteText.run(accountId)
    },
  }
}
