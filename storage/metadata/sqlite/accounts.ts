import SqliteDatabase from 'better-sqlite3'
import type { Account, AccountChanges, AccountStore, InstanceRole, NewUser } from '../accounts.ts'
import type { Origin } from '../audit-events.ts'
import type { AccountId } from '../identities.ts'
import { createAuditRecorder } from './audit-events.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface AccountRow {
  id: number
  kind: 'user' | 'organization'
  name: string
  display_name: string | null
  email: string | null
  role: InstanceRole
  password_hash: string | null
  credentials_version: number
  disabled_at: number | null
  created_at: number
}

export function createAccounts(context: StoreContext): AccountStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const ensureOrganization = createOrganizationEnsurer(context)
  const selectById = db.prepare<[number], AccountRow>('SELECT * FROM account WHERE id = ?')
  const selectByName = db.prepare<[string], AccountRow>('SELECT * FROM account WHERE name = ?')
  const selectPage = db.prepare<[string, number], AccountRow>(
    'SELECT * FROM account WHERE name > ? ORDER BY name LIMIT ?',
  )
  const insertUser = db.prepare<[string, string | null, InstanceRole, string, number], AccountRow>(`
    INSERT INTO account (kind, name, email, role, password_hash, created_at)
    VALUES ('user', ?, ?, ?, ?, ?) RETURNING *`)
  const updateRow = db.prepare<
    [string | null, string | null, InstanceRole, number | null, string | null, number, number],
    AccountRow
  >(`
    UPDATE account SET display_name = ?, email = ?, role = ?, disabled_at = ?, password_hash = ?, credentials_version = ?
    WHERE id = ? RETURNING *`)

  const createUser = transactional(db, (user: NewUser, origin: Origin) => {
    const row = insertUser.get(user.name, user.email ?? null, user.role, user.passwordHash, now())
    if (row === undefined) throw new Error(`inserting account ${user.name} returned no row`)
    record('account.created', user.name, origin, { kind: 'user', role: user.role })
    return toAccount(row)
  })

  const update = transactional(db, (id: AccountId, changes: AccountChanges, origin: Origin) => {
    const before = selectById.get(id)
    if (before === undefined) return undefined
    const { displayName, email, role, disabled, passwordHash } = changes
    const after = updateRow.get(
      displayName === undefined ? before.display_name : displayName,
      email === undefined ? before.email : email,
      role ?? before.role,
      disabled === undefined ? before.disabled_at : disabled ? (before.disabled_at ?? now()) : null,
      passwordHash ?? before.password_hash,
      before.credentials_version + (passwordHash === undefined ? 0 : 1),
      id,
    )
    // Of the password the trail says that it changed, never what it is.
    record('account.updated', before.name, origin, { ...changes, ...(passwordHash && { passwordHash: 'changed' }) })
    return after && toAccount(after)
  })

  return {
    async findById(id) {
      const row = selectById.get(id)
      return row && toAccount(row)
    },
    async findByName(name) {
      const row = selectByName.get(name)
      return row && toAccount(row)
    },
    async list({ after, limit }) {
      return toPage(selectPage.all(after ?? '', limit + 1), limit, toAccount, (row) => row.name)
    },
    async createUser(user, origin) {
      try {
        return { kind: 'created', account: createUser(user, origin) }
      } catch (error) {
        if (isUniqueViolation(error)) return { kind: 'name-taken' }
        throw error
      }
    },
    async ensureOrganization(name, origin) {
      transactional(db, () => ensureOrganization(name, origin))()
    },
    async update(id, changes, origin) {
      return update(id, changes, origin)
    },
  }
}

/** Makes the function that finds the account owning a namespace, creating an organization where there is none. */
export function createOrganizationEnsurer(context: StoreContext): (name: string, origin: Origin) => AccountId {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const selectId = db.prepare<[string], { id: number }>('SELECT id FROM account WHERE name = ?')
  const insert = db.prepare<[string, number], { id: number }>(
    "INSERT INTO account (kind, name, created_at) VALUES ('organization', ?, ?) RETURNING id",
  )
  return (name, origin) => {
    const existing = selectId.get(name)
    if (existing !== undefined) return existing.id as AccountId
    const created = insert.get(name, now())
    if (created === undefined) throw new Error(`inserting account ${name} returned no row`)
    record('account.created', name, origin, { kind: 'organization' })
    return created.id as AccountId
  }
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_CONSTRAINT_UNIQUE'
}

function toAccount(row: AccountRow): Account {
  return {
    id: row.id as AccountId,
    kind: row.kind,
    name: row.name,
    displayName: row.display_name ?? undefined,
    email: row.email ?? undefined,
    role: row.role,
    passwordHash: row.password_hash ?? undefined,
    credentialsVersion: row.credentials_version,
    disabledAt: row.disabled_at ?? undefined,
    createdAt: row.created_at,
  }
}
