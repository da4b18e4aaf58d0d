import type { Account, NewUser } from '../accounts.ts'
import type { Origin } from '../audit-events.ts'
import { drawVersion } from '../versions.ts'
import { createAccountIndexer } from './account-indexer.ts'
import { createAccountNames } from './account-names.ts'
import { type AccountRow, toAccount } from './account-rows.ts'
import { createAuditRecorder } from './audit-events.ts'
import type { StoreContext } from './store-context.ts'

/** Makes the function that creates a user, inside the transaction of its caller: undefined when the name is not free. */
export function createUserCreator(context: StoreContext): (user: NewUser, origin: Origin) => Account | undefined {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const names = createAccountNames(context)
  const indexer = createAccountIndexer(context)
  const insert = db.prepare<[string, string | null, string, string, number, number], AccountRow>(`
    INSERT INTO account (kind, name, email, role, password_hash, created_at, version)
    VALUES ('user', ?, ?, ?, ?, ?, ?) RETURNING *`)
  return ({ name, email, role, passwordHash }, origin) => {
    if (!names.take(name)) return undefined
    const row = insert.get(name, email ?? null, role, passwordHash, now(), drawVersion())
    if (row === undefined) throw new Error(`inserting account ${name} returned no row`)
    record('account.created', { name, ownerId: row.id }, origin, { kind: 'user', role })
    indexer.index(row)
    return toAccount(row)
  }
}
