import type { Digest } from '../../../oci/digest.ts'
import type { Origin } from '../audit-events.ts'
import type { BlobFinding, Damage, DamageReason, DamageStore } from '../damage.ts'
import type { DamageId, ManifestId, RepositoryId } from '../identities.ts'
import { createAuditRecorder, createContentDescriber } from './audit-events.ts'
import { createDamageUses } from './damage-uses.ts'
import { readIdCursor, toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface DamageRow {
  id: number
  digest: string
  manifest_id: number | null
  reason: DamageReason
  size: number | null
  found_size: number | null
  found_at: number
}

/** Whether somebody would miss it. */
const IS_NEEDED = `CASE WHEN manifest_id IS NULL
  THEN EXISTS (
    SELECT 1 FROM blob JOIN repository_blob ON repository_blob.blob_id = blob.id WHERE blob.digest = damage.digest)
  ELSE EXISTS (SELECT 1 FROM manifest WHERE manifest.id = manifest_id AND manifest.deleted_at IS NULL) END`

const SELECT = `
  SELECT damage.*, CASE WHEN manifest_id IS NULL THEN (SELECT size FROM blob WHERE blob.digest = damage.digest) END AS size
  FROM damage WHERE ${IS_NEEDED}`

export function createDamage(context: Pick<StoreContext, 'db' | 'now'>): DamageStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const describe = createContentDescriber(context)
  const isLinked = db.prepare<[string], { found: 1 }>(`
    SELECT 1 AS found FROM blob JOIN repository_blob ON repository_blob.blob_id = blob.id WHERE blob.digest = ? LIMIT 1`)
  const insertBlob = db.prepare<[string, DamageReason, number | null, number]>(
    'INSERT INTO damage (digest, reason, found_size, found_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const selectManifest = db.prepare<[number], { repository_id: number; digest: string }>(
    'SELECT repository_id, digest FROM manifest WHERE id = ? AND deleted_at IS NULL',
  )
  const insertManifest = db.prepare<[string, number, DamageReason, number]>(
    'INSERT INTO damage (digest, manifest_id, reason, found_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const deleteBlob = db.prepare<[string]>('DELETE FROM damage WHERE digest = ? AND manifest_id IS NULL')
  const deleteManifest = db.prepare<[number]>('DELETE FROM damage WHERE manifest_id = ?')
  const selectCount = db.prepare<[], number>(`SELECT count(*) FROM damage WHERE ${IS_NEEDED}`).pluck()
  const selectPage = db.prepare<[number, number], DamageRow>(`${SELECT} AND id > ? ORDER BY id LIMIT ?`)
  const select = db.prepare<[number], DamageRow>(`${SELECT} AND id = ?`)

  const reportBlob = transactional(db, ({ digest, reason, foundSize }: BlobFinding, origin: Origin) => {
    if (isLinked.get(digest) === undefined) return false
    if (insertBlob.run(digest, reason, foundSize ?? null, now()).changes > 0) {
      record('blob.damaged', { name: digest, ownerId: undefined }, origin, { reason })
    }
    return true
  })

  const reportManifest = transactional(db, (id: ManifestId, reason: DamageReason, origin: Origin) => {
    const manifest = selectManifest.get(id)
    if (manifest === undefined) return false
    if (insertManifest.run(manifest.digest, id, reason, now()).changes > 0) {
      const object = describe(manifest.repository_id as RepositoryId, `@${manifest.digest}`)
      record('manifest.damaged', object, origin, { reason })
    }
    return true
  })

  const isEntered = db.prepare<[{ digest: string | null; manifestId: number | null }], { found: 1 }>(`
    SELECT 1 AS found FROM damage WHERE digest = @digest AND manifest_id IS NULL
    UNION ALL SELECT 1 FROM damage WHERE manifest_id = @manifestId`)
  const closeBlob = transactional(db, (digest: Digest, origin: Origin) => {
    if (deleteBlob.run(digest).changes > 0) record('blob.healed', { name: digest, ownerId: undefined }, origin)
  })

  const closeManifest = transactional(db, (id: ManifestId, origin: Origin) => {
    const manifest = selectManifest.get(id)
    if (deleteManifest.run(id).changes === 0 || manifest === undefined) return
    record('manifest.healed', describe(manifest.repository_id as RepositoryId, `@${manifest.digest}`), origin)
  })

  return {
    reportBlob: async (finding, origin) => reportBlob(finding, origin),
    reportManifest: async (id, reason, origin) => reportManifest(id, reason, origin),
    // Asked for everything that is whole: what has no entry takes no transaction.
    async closeBlob(digest, origin) {
      if (isEntered.get({ digest, manifestId: null }) !== undefined) closeBlob(digest, origin)
    },
    async closeManifest(id, origin) {
      if (isEntered.get({ digest: null, manifestId: id }) !== undefined) closeManifest(id, origin)
    },
    count: async () => selectCount.get() ?? 0,
    async list({ after, limit }) {
      const rows = selectPage.all(readIdCursor(after) ?? 0, limit + 1)
      return toPage(rows, limit, toDamage, (row) => String(row.id))
    },
    async find(id) {
      const row = select.get(id)
      return row && toDamage(row)
    },
    listUses: createDamageUses(context),
  }
}

function toDamage(row: DamageRow): Damage {
  return {
    id: row.id as DamageId,
    digest: row.digest as Digest,
    kind: row.manifest_id === null ? 'blob' : 'manifest',
    reason: row.reason,
    size: row.size ?? undefined,
    foundSize: row.found_size ?? undefined,
    foundAt: row.found_at,
  }
}
