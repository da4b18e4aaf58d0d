import type { AccountDeletion } from '../accounts.ts'
import type { Origin } from '../audit-events.ts'
import type { AccountId } from '../identities.ts'
import { type IfVersion, isMet } from '../versions.ts'
import { createAccountIndexer } from './account-indexer.ts'
import { createAccountNames } from './account-names.ts'
import type { AccountRow } from './account-rows.ts'
import { createAdministratorGuard } from './administrator-guard.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createStarForgetter } from './stars.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Makes the function that removes an account that owns nothing, inside the transaction of its caller. Memberships,
 * grants, tokens, teams and robots go with the row; the names it had are held without anybody answering to them.
 */
export function createAccountDeleter(
  context: StoreContext,
): (id: AccountId, origin: Origin, ifVersion: IfVersion | undefined) => AccountDeletion {
  const { db } = context
  const record = createAuditRecorder(context)
  const names = createAccountNames(context)
  const indexer = createAccountIndexer(context)
  const isLastAdministrator = createAdministratorGuard(context)
  const selectById = db.prepare<[number], AccountRow>('SELECT * FROM account WHERE id = ?')
  const countRepositories = db.prepare<[number], number>('SELECT count(*) FROM repository WHERE account_id = ?').pluck()
  const selectOnlyOwned = db
    .prepare<{ user: number }, string>(`
      SELECT organization.name FROM organization_member AS own
      JOIN account AS organization ON organization.id = own.organization_id
      WHERE own.user_id = @user AND own.role = 'owner' AND NOT EXISTS (
        SELECT 1 FROM organization_member AS other JOIN account AS owner ON owner.id = other.user_id
        WHERE other.organization_id = own.organization_id AND other.role = 'owner' AND other.user_id <> @user
          AND owner.disabled_at IS NULL)
      ORDER BY organization.name`)
    .pluck()
  const forgetStars = createStarForgetter(context)
  const deleteById = db.prepare<[number]>('DELETE FROM account WHERE id = ?')

  return (id, origin, ifVersion) => {
    const row = selectById.get(id)
    if (row === undefined) return { kind: 'absent' }
    if (!isMet(ifVersion, row.version)) return { kind: 'stale' }
    if (isLastAdministrator(row)) return { kind: 'last-admin' }
    const count = countRepositories.get(id) ?? 0
    if (count > 0) return { kind: 'has-repositories', count }
    const organizations = selectOnlyOwned.all({ user: id })
    if (organizations.length > 0) return { kind: 'last-owner', organizations }
    forgetStars(id)
    deleteById.run(id)
    indexer.unindex(id)
    names.giveUp(row.name, undefined)
    record('account.deleted', { name: row.name, ownerId: id }, origin, { kind: row.kind })
    return { kind: 'deleted' }
  }
}
