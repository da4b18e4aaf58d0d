import type { Digest } from '../../../oci/digest.ts'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import type { DamageStore, DamageUse } from '../damage.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'

/** Tags that are named for one manifest. */
const TAGS_SHOWN = 100

interface UseRow {
  repository_id: number
  manifest_id: number
  name: string
  digest: string
  role: DamageUse['role']
}

/** Every index that has a manifest, however deep, and the manifest itself. */
const HOLDERS = `
  holder (id, digest, subject_digest) AS (
    SELECT id, digest, subject_digest FROM manifest WHERE id = @manifestId
    UNION
    SELECT parent.id, parent.digest, parent.subject_digest FROM holder
    CROSS JOIN manifest_reference AS edge
      ON edge.repository_id = @repositoryId AND edge.digest = holder.digest AND edge.kind = 'manifest'
    CROSS JOIN manifest AS parent ON parent.id = edge.manifest_id AND parent.deleted_at IS NULL
  )`

/** What these are attached to, and every index that has that, and what that is attached to. */
const SUBJECTS = `
  subject (id, digest, subject_digest) AS (
    SELECT manifest.id, manifest.digest, manifest.subject_digest FROM holder
    CROSS JOIN manifest ON manifest.repository_id = @repositoryId AND manifest.digest = holder.subject_digest
      AND manifest.deleted_at IS NULL
    UNION
    SELECT parent.id, parent.digest, parent.subject_digest FROM subject
    CROSS JOIN manifest_reference AS edge
      ON edge.repository_id = @repositoryId AND edge.digest = subject.digest AND edge.kind = 'manifest'
    CROSS JOIN manifest AS parent ON parent.id = edge.manifest_id AND parent.deleted_at IS NULL
    UNION
    SELECT manifest.id, manifest.digest, manifest.subject_digest FROM subject
    CROSS JOIN manifest ON manifest.repository_id = @repositoryId AND manifest.digest = subject.subject_digest
      AND manifest.deleted_at IS NULL
  )`

const tagsOf = (table: string) => `
  SELECT DISTINCT tag.name FROM ${table} CROSS JOIN tag ON tag.manifest_id = ${table}.id AND tag.ended_at IS NULL
  ORDER BY tag.name LIMIT ${TAGS_SHOWN}`

/** Makes the function that lists which manifests need damaged content, and which tags lead to them. */
export function createDamageUses({ db }: Pick<StoreContext, 'db'>): DamageStore['listUses'] {
  const selectDamage = db.prepare<[number], { digest: string; manifest_id: number | null }>(
    'SELECT digest, manifest_id FROM damage WHERE id = ?',
  )
  const selectUses = db.prepare<[{ digest: string; repositoryId: number; manifestId: number; limit: number }], UseRow>(`
    SELECT edge.repository_id, edge.manifest_id, repository.name, manifest.digest, min(edge.kind) AS role
    FROM blob
    CROSS JOIN repository_blob AS link ON link.blob_id = blob.id AND link.repository_id >= @repositoryId
    CROSS JOIN manifest_reference AS edge ON edge.repository_id = link.repository_id AND edge.digest = blob.digest
    CROSS JOIN manifest ON manifest.id = edge.manifest_id AND manifest.deleted_at IS NULL
    CROSS JOIN repository ON repository.id = edge.repository_id
    WHERE blob.digest = @digest AND (edge.repository_id, edge.manifest_id) > (@repositoryId, @manifestId)
    GROUP BY edge.repository_id, edge.manifest_id ORDER BY edge.repository_id, edge.manifest_id LIMIT @limit`)
  const selectSelf = db.prepare<[number], UseRow>(`
    SELECT manifest.repository_id, manifest.id AS manifest_id, repository.name, manifest.digest, 'self' AS role
    FROM manifest JOIN repository ON repository.id = manifest.repository_id
    WHERE manifest.id = ? AND manifest.deleted_at IS NULL`)
  const prepareTags = (sql: string) => db.prepare<[{ repositoryId: number; manifestId: number }], string>(sql).pluck()
  const selectTags = prepareTags(`WITH RECURSIVE ${HOLDERS} ${tagsOf('holder')}`)
  const selectSubjectTags = prepareTags(`WITH RECURSIVE ${HOLDERS}, ${SUBJECTS} ${tagsOf('subject')}`)

  function toUse({ repository_id: repositoryId, manifest_id: manifestId, name, digest, role }: UseRow): DamageUse {
    const tags = selectTags.all({ repositoryId, manifestId })
    const attachedTo = selectSubjectTags.all({ repositoryId, manifestId })
    return { repository: name as RepositoryName, manifest: digest as Digest, role, tags, attachedTo }
  }

  return async (id, { after, limit }) => {
    const damage = selectDamage.get(id)
    if (damage === undefined) return { items: [], next: undefined }
    const { digest, manifest_id } = damage
    if (manifest_id !== null) {
      const rows = after === undefined ? selectSelf.all(manifest_id) : []
      return { items: rows.map(toUse), next: undefined }
    }
    const [repositoryId = 0, manifestId = 0] = readCursor(after)
    const rows = selectUses.all({ digest, repositoryId, manifestId, limit: limit + 1 })
    return toPage(rows, limit, toUse, (row) => `${row.repository_id}.${row.manifest_id}`)
  }
}

/** The repository and the manifest that were the last of the page before. */
function readCursor(after: string | undefined): readonly number[] {
  return after !== undefined && /^\d{1,15}\.\d{1,15}$/.test(after) ? after.split('.').map(Number) : []
}
