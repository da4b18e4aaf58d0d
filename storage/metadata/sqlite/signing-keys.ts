import type { Origin } from '../audit-events.ts'
import type { SigningKeyStore, StoredSigningKey } from '../signing-keys.ts'
import { createAuditRecorder } from './audit-events.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface SigningKeyRow {
  kid: string
  private_key_pem: string
  created_at: number
}

export function createSigningKeys(context: StoreContext): SigningKeyStore {
  const { db } = context
  const record = createAuditRecorder(context)
  const selectAll = db.prepare<[], SigningKeyRow>('SELECT * FROM signing_key ORDER BY created_at DESC, kid')
  const insert = db.prepare('INSERT INTO signing_key (kid, private_key_pem, created_at) VALUES (?, ?, ?)')
  const deleteOlder = db.prepare('DELETE FROM signing_key WHERE created_at < ?')
  const add = transactional(db, (key: StoredSigningKey, retireBefore: number, origin: Origin) => {
    deleteOlder.run(retireBefore)
    insert.run(key.kid, key.privateKeyPem, key.createdAt)
    record('signing_key.created', { name: key.kid, ownerId: undefined }, origin)
  })
  return {
    async list() {
      return selectAll
        .all()
        .map((row) => ({ kid: row.kid, privateKeyPem: row.private_key_pem, createdAt: row.created_at }))
    },
    async add(key, retireBefore, origin) {
      add(key, retireBefore, origin)
    },
  }
}
