import type { AccountId } from '../identities.ts'
import type { RefreshToken, RefreshTokenStore } from '../refresh-tokens.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface RefreshTokenRow {
  account_id: number
  credentials_version: number
  created_at: number
}

export function createRefreshTokens({ db }: StoreContext): RefreshTokenStore {
  const insert = db.prepare(
    'INSERT INTO refresh_token (token_hash, account_id, credentials_version, created_at) VALUES (?, ?, ?, ?)',
  )
  const select = db.prepare<[Buffer], RefreshTokenRow>('SELECT * FROM refresh_token WHERE token_hash = ?')
  const create = transactional(db, (tokenHash: Buffer, token: RefreshToken) => {
    insert.run(tokenHash, token.accountId, token.credentialsVersion, token.createdAt)
  })
  return {
    async create(tokenHash, token) {
      create(tokenHash, token)
    },
    async find(tokenHash) {
      const row = select.get(tokenHash)
      if (row === undefined) return undefined
      return {
        accountId: row.account_id as AccountId,
        credentialsVersion: row.credentials_version,
        createdAt: row.created_at,
      }
    },
  }
}
