import SqliteDatabase from 'better-sqlite3'
import type { Digest } from '../../../oci/digest.ts'
import type { ManifestId } from '../identities.ts'
import type { ManifestReading, StoredContent } from '../stored-content.ts'
import type { StoreContext } from './store-context.ts'

export function createStoredContent({ db }: Pick<StoreContext, 'db'>): StoredContent {
  const selectBlobs = db.prepare<[string, number], { digest: string; size: number; is_linked: 0 | 1 }>(`
    SELECT digest, size, EXISTS (SELECT 1 FROM repository_blob WHERE blob_id = blob.id) AS is_linked
    FROM blob WHERE digest > ? ORDER BY digest LIMIT ?`)
  const selectManifests = db.prepare<[number, number], { id: number; digest: string }>(
    'SELECT id, digest FROM manifest WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?',
  )
  const selectBytes = db.prepare<[number], { bytes: Buffer }>(
    'SELECT bytes FROM manifest WHERE id = ? AND deleted_at IS NULL',
  )
  return {
    async listBlobs(after = '' as Digest, limit) {
      const rows = selectBlobs.all(after, limit)
      return rows.map(({ digest, size, is_linked }) => ({ digest: digest as Digest, size, isLinked: is_linked === 1 }))
    },
    async listManifests(after = 0 as ManifestId, limit) {
      const rows = selectManifests.all(after, limit)
      return rows.map(({ id, digest }) => ({ id: id as ManifestId, digest: digest as Digest }))
    },
    async readManifest(id): Promise<ManifestReading> {
      try {
        const row = selectBytes.get(id)
        return row === undefined ? { kind: 'gone' } : { kind: 'read', bytes: row.bytes }
      } catch (error) {
        if (isDamage(error)) return { kind: 'unreadable' }
        throw error
      }
    },
  }
}

/** A page of the database that is not what was written, or that the disk does not give back. */
function isDamage(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && /^SQLITE_(CORRUPT|IOERR_READ)/.test(error.code)
}
