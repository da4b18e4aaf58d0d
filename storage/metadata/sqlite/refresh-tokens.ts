import type { Origin } from '../audit-events.ts'
import type { AccountId, RefreshTokenId } from '../identities.ts'
import type { RefreshToken, RefreshTokenStore } from '../refresh-tokens.ts'
import { createAuditRecorder } from './audit-events.ts'
import { readIdCursor, toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface RefreshTokenRow {
  id: number
  account_id: number
  account_name: string
  credentials_version: number
  created_at: number
  created_from: string
  last_used_at: number | null
  last_used_from: string | null
}

type NewRefreshToken = Parameters<RefreshTokenStore['create']>[0]

const SELECT = `
  SELECT refresh_token.*, account.name AS account_name
  FROM refresh_token JOIN account ON account.id = refresh_token.account_id`

export function createRefreshTokens(context: StoreContext): RefreshTokenStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const selectById = db.prepare<[number], RefreshTokenRow>(`${SELECT} WHERE refresh_token.id = ?`)
  // A token is its owner's alone: with another's number there is none (S19).
  const selectOwn = db.prepare<[number, number], RefreshTokenRow>(
    `${SELECT} WHERE refresh_token.id = ? AND refresh_token.account_id = ?`,
  )
  const selectByHash = db.prepare<[Buffer], RefreshTokenRow>(`${SELECT} WHERE refresh_token.token_hash = ?`)
  // A new password ends those made before it (S52); they are still rows, but nobody's business any more.
  const selectPage = db.prepare<[number, number, number], RefreshTokenRow>(`
    ${SELECT} AND account.credentials_version = refresh_token.credentials_version
    WHERE refresh_token.account_id = ? AND refresh_token.id < ? ORDER BY refresh_token.id DESC LIMIT ?`)
  const insert = db.prepare<[Buffer, number, number, number, string], { id: number }>(`
    INSERT INTO refresh_token (token_hash, account_id, credentials_version, created_at, created_from)
    VALUES (?, ?, ?, ?, ?) RETURNING id`)
  const deleteById = db.prepare('DELETE FROM refresh_token WHERE id = ?')

  const create = transactional(db, (token: NewRefreshToken, origin: Origin) => {
    const { tokenHash, accountId, credentialsVersion } = token
    const created = insert.get(tokenHash, accountId, credentialsVersion, now(), origin.address)
    const row = created && selectById.get(created.id)
    if (row === undefined) throw new Error(`inserting a refresh token of account ${accountId} left no row`)
    record('refresh_token.created', toAuditObject(row), origin)
    return toRefreshToken(row)
  })

  const remove = transactional(db, (accountId: AccountId, id: RefreshTokenId, origin: Origin) => {
    const row = selectOwn.get(id, accountId)
    if (row === undefined) return false
    deleteById.run(id)
    record('refresh_token.deleted', toAuditObject(row), origin)
    return true
  })

  return {
    async create(token, origin) {
      return create(token, origin)
    },
    async findByHash(tokenHash) {
      const row = selectByHash.get(tokenHash)
      return row && toRefreshToken(row)
    },
    async findById(id) {
      const row = selectById.get(id)
      return row && toRefreshToken(row)
    },
    async list(accountId, { after, limit }) {
      const rows = selectPage.all(accountId, readIdCursor(after) ?? Number.MAX_SAFE_INTEGER, limit + 1)
      return toPage(rows, limit, toRefreshToken, (row) => String(row.id))
    },
    async delete(accountId, id, origin) {
      return remove(accountId, id, origin)
    },
  }
}

function toAuditObject(row: RefreshTokenRow): { readonly name: string; readonly ownerId: number } {
  return { name: `${row.account_name}/refresh-tokens/${row.id}`, ownerId: row.account_id }
}

function toRefreshToken(row: RefreshTokenRow): RefreshToken {
  return {
    id: row.id as RefreshTokenId,
    accountId: row.account_id as AccountId,
    credentialsVersion: row.credentials_version,
    createdAt: row.created_at,
    createdFrom: row.created_from,
    lastUsedAt: row.last_used_at ?? undefined,
    lastUsedFrom: row.last_used_from ?? undefined,
  }
}
