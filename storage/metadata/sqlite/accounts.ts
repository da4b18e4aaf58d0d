import type { AccountChanges, AccountStore, AccountUpdate } from '../accounts.ts'
import type { Origin } from '../audit-events.ts'
import type { AccountId } from '../identities.ts'
import { type IfVersion, isMet } from '../versions.ts'
import { createAccountDeleter } from './account-deleter.ts'
import { createAccountIndexer } from './account-indexer.ts'
import { createAccountNames } from './account-names.ts'
import { createAccountRenamer } from './account-renamer.ts'
import { type AccountRow, toAccount } from './account-rows.ts'
import { canAdminister, createAdministratorGuard } from './administrator-guard.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createOrganizationCreator, createOrganizationEnsurer } from './organizations.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'
import { createUserCreator } from './users.ts'

type AccountSettings = Pick<
  AccountRow,
  | 'id'
  | 'display_name'
  | 'email'
  | 'role'
  | 'disabled_at'
  | 'password_hash'
  | 'credentials_version'
  | 'base_permission'
  | 'default_visibility'
>

export function createAccounts(context: StoreContext): AccountStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const names = createAccountNames(context)
  const rename = createAccountRenamer(context)
  const indexer = createAccountIndexer(context)
  const isLastAdministrator = createAdministratorGuard(context)
  const createUser = transactional(db, createUserCreator(context))
  const createOrganization = transactional(db, createOrganizationCreator(context))
  const ensureOrganization = transactional(db, createOrganizationEnsurer(context))
  const remove = transactional(db, createAccountDeleter(context))
  const selectById = db.prepare<[number], AccountRow>('SELECT * FROM account WHERE id = ?')
  const selectByName = db.prepare<[string], AccountRow>('SELECT * FROM account WHERE name = ?')
  const selectPage = db.prepare<[AccountRow['kind'], string, number], AccountRow>(
    'SELECT * FROM account WHERE kind = ? AND name > ? ORDER BY name LIMIT ?',
  )
  // The join's order is fixed: the other way round it would walk over the organizations of the whole instance.
  const selectOrganizationsOfUser = db.prepare<{ user: number; after: string; limit: number }, AccountRow>(`
    SELECT account.* FROM (
      SELECT organization_id FROM organization_member WHERE user_id = @user
      UNION SELECT organization_id FROM access_grant WHERE user_id = @user) AS own
    CROSS JOIN account ON account.id = own.organization_id
    WHERE account.name > @after ORDER BY account.name LIMIT @limit`)
  const updateRow = db.prepare<AccountSettings, AccountRow>(`
    UPDATE account SET display_name = @display_name, email = @email, role = @role, disabled_at = @disabled_at,
      password_hash = @password_hash, credentials_version = @credentials_version, base_permission = @base_permission,
      default_visibility = @default_visibility, version = version + 1
    WHERE id = @id RETURNING *`)

  const update = transactional(
    db,
    (id: AccountId, changes: AccountChanges, origin: Origin, ifVersion: IfVersion | undefined): AccountUpdate => {
      const before = selectById.get(id)
      if (before === undefined) return { kind: 'absent' }
      if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
      const settings = withChanges(before, changes, now())
      if (isLastAdministrator(before) && !canAdminister({ ...before, ...settings })) return { kind: 'last-admin' }
      const { name = before.name, passwordHash, ...others } = changes
      if (name !== before.name && !rename(before, name)) return { kind: 'name-taken' }
      const after = updateRow.get(settings)
      if (after === undefined) throw new Error(`updating account ${before.name} returned no row`)
      record('account.updated', { name: before.name, ownerId: id }, origin, {
        ...others,
        ...(name !== before.name && { name: { from: before.name, to: name } }),
        // Of the password the trail says that it changed, never what it is.
        ...(passwordHash !== undefined && { passwordHash: 'changed' }),
      })
      indexer.index(after)
      return { kind: 'updated', account: toAccount(after) }
    },
  )

  return {
    async findById(id) {
      const row = selectById.get(id)
      return row && toAccount(row)
    },
    async findByName(name) {
      const row = selectByName.get(name)
      return row && toAccount(row)
    },
    async resolveName(name) {
      const row = names.findHolder(name)
      return row && toAccount(row)
    },
    async listUsers({ after, limit }) {
      return toPage(selectPage.all('user', after ?? '', limit + 1), limit, toAccount, (row) => row.name)
    },
    async listOrganizations(ofUser, { after = '', limit }) {
      const rows =
        ofUser === undefined
          ? selectPage.all('organization', after, limit + 1)
          : selectOrganizationsOfUser.all({ user: ofUser, after, limit: limit + 1 })
      return toPage(rows, limit, toAccount, (row) => row.name)
    },
    async createUser(user, origin) {
      const account = createUser(user, origin)
      return account === undefined ? { kind: 'name-taken' } : { kind: 'created', account }
    },
    async createOrganization(organization, origin) {
      const account = createOrganization(organization, origin)
      return account === undefined ? { kind: 'name-taken' } : { kind: 'created', account }
    },
    async ensureOrganization(name, origin) {
      ensureOrganization(name, origin)
    },
    async update(id, changes, origin, ifVersion) {
      return update(id, changes, origin, ifVersion)
    },
    async delete(id, origin, ifVersion) {
      return remove(id, origin, ifVersion)
    },
  }
}

/** What the row says once the changes are made; the name apart, which takes more than a column. */
function withChanges(before: AccountRow, changes: AccountChanges, now: number): AccountSettings {
  const { displayName, email, role, disabled, passwordHash, basePermission, defaultVisibility } = changes
  return {
    id: before.id,
    display_name: displayName === undefined ? before.display_name : displayName,
    email: email === undefined ? before.email : email,
    role: role ?? before.role,
    disabled_at: disabled === undefined ? before.disabled_at : disabled ? (before.disabled_at ?? now) : null,
    password_hash: passwordHash ?? before.password_hash,
    credentials_version: before.credentials_version + (passwordHash === undefined ? 0 : 1),
    base_permission: basePermission ?? before.base_permission,
    default_visibility: defaultVisibility ?? before.default_visibility,
  }
}
