import type { RepositoryName } from '../../../oci/repository-name.ts'
import type { UploadKey } from '../../blobs/blob-store.ts'
import type { UploadId, UploadSession, UploadSessionStore } from '../upload-sessions.ts'
import { toPage } from './paging.ts'
import type { PushContext } from './store-context.ts'
import { relaxedTransactional } from './transaction.ts'

interface UploadSessionRow {
  id: string
  repository: string
  subject: string
  store_key: string
  created_at: number
}

export function createUploadSessions(context: Pick<PushContext, 'db' | 'log'>): UploadSessionStore {
  const { db } = context
  const insert = db.prepare(
    'INSERT INTO upload_session (id, repository, subject, store_key, created_at) VALUES (?, ?, ?, ?, ?)',
  )
  const select = db.prepare<[string], UploadSessionRow>('SELECT * FROM upload_session WHERE id = ?')
  const remove = db.prepare('DELETE FROM upload_session WHERE id = ?')
  const removeByStoreKey = db.prepare('DELETE FROM upload_session WHERE store_key = ?')
  const selectOlder = db.prepare<[number, string, number], UploadSessionRow>(
    'SELECT * FROM upload_session WHERE created_at < ? AND id > ? ORDER BY id LIMIT ?',
  )
  const countOfSubject = db
    .prepare<[string, number], number>('SELECT count(*) FROM (SELECT 1 FROM upload_session WHERE subject = ? LIMIT ?)')
    .pluck()
  const create = relaxedTransactional(context, (session: UploadSession) => {
    insert.run(session.id, session.repository, session.subject, session.storeKey, session.createdAt)
  })
  const deleteById = relaxedTransactional(context, (id: UploadId) => {
    remove.run(id)
  })
  const deleteByKey = relaxedTransactional(context, (key: UploadKey) => {
    removeByStoreKey.run(key)
  })
  return {
    async create(session) {
      create(session)
    },
    async find(id) {
      const row = select.get(id)
      return row && toUploadSession(row)
    },
    async delete(id) {
      deleteById(id)
    },
    async deleteByStoreKey(key) {
      deleteByKey(key)
    },
    async countOf(subject, atMost) {
      return countOfSubject.get(subject, atMost) ?? 0
    },
    async listOlder(createdBefore, { after, limit }) {
      const rows = selectOlder.all(createdBefore, after ?? '', limit + 1)
      return toPage(rows, limit, toUploadSession, (row) => row.id)
    },
  }
}

function toUploadSession(row: UploadSessionRow): UploadSession {
  return {
    id: row.id as UploadId,
    repository: row.repository as RepositoryName,
    subject: row.subject,
    storeKey: row.store_key as UploadKey,
    createdAt: row.created_at,
  }
}
