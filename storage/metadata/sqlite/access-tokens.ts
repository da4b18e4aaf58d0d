import type { AccessToken, AccessTokenStore, NewAccessToken, TokenScope } from '../access-tokens.ts'
import type { Origin } from '../audit-events.ts'
import type { AccessTokenId, AccountId } from '../identities.ts'
import { createAuditRecorder } from './audit-events.ts'
import { distinctScopes } from './distinct-scopes.ts'
import { readIdCursor, toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface AccessTokenRow {
  id: number
  user_id: number
  user_name: string
  name: string
  is_scoped: number
  scopes: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
  last_used_from: string | null
}

const SELECT = `
  SELECT access_token.id, access_token.user_id, account.name AS user_name, access_token.name, access_token.is_scoped,
    access_token.created_at, access_token.expires_at, access_token.last_used_at, access_token.last_used_from,
    (SELECT json_group_array(json_object('pattern', pattern, 'permission', permission) ORDER BY pattern)
      FROM access_token_scope WHERE access_token_id = access_token.id) AS scopes
  FROM access_token JOIN account ON account.id = access_token.user_id`

export function createAccessTokens(context: StoreContext): AccessTokenStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const selectById = db.prepare<[number], AccessTokenRow>(`${SELECT} WHERE access_token.id = ?`)
  // A token is its owner's alone: with another's number there is none (S19).
  const selectOwn = db.prepare<[number, number], AccessTokenRow>(
    `${SELECT} WHERE access_token.id = ? AND access_token.user_id = ?`,
  )
  const selectByHash = db.prepare<[Buffer], AccessTokenRow>(`${SELECT} WHERE access_token.token_hash = ?`)
  const selectPage = db.prepare<[number, number, number], AccessTokenRow>(
    `${SELECT} WHERE access_token.user_id = ? AND access_token.id < ? ORDER BY access_token.id DESC LIMIT ?`,
  )
  const insert = db.prepare<[number, string, Buffer, number, number, number | null], { id: number }>(`
    INSERT INTO access_token (user_id, name, token_hash, is_scoped, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
    RETURNING id`)
  const insertScope = db.prepare<[number, string, string]>(
    'INSERT INTO access_token_scope (access_token_id, pattern, permission) VALUES (?, ?, ?)',
  )
  const deleteById = db.prepare('DELETE FROM access_token WHERE id = ?')

  const create = transactional(db, (token: NewAccessToken, origin: Origin) => {
    const { userId, name, tokenHash, scopes, expiresAt } = token
    const created = insert.get(userId, name, tokenHash, scopes === undefined ? 0 : 1, now(), expiresAt ?? null)
    if (created === undefined) throw new Error(`inserting an access token of account ${userId} returned no row`)
    for (const { pattern, permission } of distinctScopes(scopes ?? [])) insertScope.run(created.id, pattern, permission)
    const row = selectById.get(created.id)
    if (row === undefined) throw new Error(`access token ${created.id} is gone in the transaction that made it`)
    const stored = toAccessToken(row)
    record('access_token.created', toAuditObject(row), origin, { name, scopes: stored.scopes, expiresAt })
    return stored
  })

  const remove = transactional(db, (userId: AccountId, id: AccessTokenId, origin: Origin) => {
    const row = selectOwn.get(id, userId)
    if (row === undefined) return false
    deleteById.run(id)
    record('access_token.deleted', toAuditObject(row), origin, { name: row.name })
    return true
  })

  return {
    async create(token, origin) {
      return create(token, origin)
    },
    async findByHash(tokenHash) {
      const row = selectByHash.get(tokenHash)
      return row && toAccessToken(row)
    },
    async findById(id) {
      const row = selectById.get(id)
      return row && toAccessToken(row)
    },
    async list(userId, { after, limit }) {
      const rows = selectPage.all(userId, readIdCursor(after) ?? Number.MAX_SAFE_INTEGER, limit + 1)
      return toPage(rows, limit, toAccessToken, (row) => String(row.id))
    },
    async delete(userId, id, origin) {
      return remove(userId, id, origin)
    },
  }
}

function toAuditObject(row: AccessTokenRow): { readonly name: string; readonly ownerId: number } {
  return { name: `${row.user_name}/tokens/${row.id}`, ownerId: row.user_id }
}

function toAccessToken(row: AccessTokenRow): AccessToken {
  return {
    id: row.id as AccessTokenId,
    userId: row.user_id as AccountId,
    name: row.name,
    scopes: row.is_scoped === 1 ? (JSON.parse(row.scopes) as TokenScope[]) : undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    lastUsedFrom: row.last_used_from ?? undefined,
  }
}
