import type { Digest } from '../../../oci/digest.ts'
import type { Tag } from '../../../oci/reference.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import type { TagStore } from '../tags.ts'
import { createAuditRecorder, createContentDescriber } from './audit-events.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface LifetimeRow {
  name: string
  digest: string
  started_at: number
  ended_at: number | null
}

export function createTags(context: StoreContext): TagStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const selectPage = db.prepare<[number, string, number], { name: string }>(`
    SELECT name FROM tag WHERE repository_id = ? AND name > ? AND ended_at IS NULL ORDER BY name LIMIT ?`)
  const end = db.prepare<[number, string, number, string], { manifest_id: number }>(`
    UPDATE tag SET ended_at = ?, ended_by = ?
    WHERE repository_id = ? AND name = ? AND ended_at IS NULL RETURNING manifest_id`)
  const selectHistory = db.prepare<[number, string, number], LifetimeRow>(`
    SELECT tag.name, manifest.digest, tag.started_at, tag.ended_at
    FROM tag JOIN manifest ON manifest.id = tag.manifest_id
    WHERE tag.repository_id = ? AND tag.name = ? ORDER BY tag.id DESC LIMIT ?`)
  const describe = createContentDescriber(context)

  const remove = transactional(db, (repositoryId: RepositoryId, tag: Tag, origin: Origin) => {
    const ended = end.get(now(), origin.accountName, repositoryId, tag)
    if (ended === undefined) return false
    record('tag.deleted', describe(repositoryId, `:${tag}`), origin)
    return true
  })

  return {
    async list(repositoryId, { after, limit }) {
      const rows = selectPage.all(repositoryId, after ?? '', limit + 1)
      return toPage(
        rows,
        limit,
        (row) => row.name as Tag,
        (row) => row.name,
      )
    },
    async delete(repositoryId, tag, origin) {
      return remove(repositoryId, tag, origin)
    },
    async history(repositoryId, tag, limit) {
      return selectHistory.all(repositoryId, tag, limit).map((row) => ({
        tag: row.name as Tag,
        digest: row.digest as Digest,
        startedAt: row.started_at,
        endedAt: row.ended_at ?? undefined,
      }))
    },
  }
}

/**
 * Makes the function that a push calls inside its transaction: a tag that already points to the manifest stays as it
 * is; otherwise its lifetime is closed and another opened.
 */
export function createTagMover({
  db,
}: StoreContext): (repositoryId: RepositoryId, tag: Tag, manifestId: number, at: number, origin: Origin) => void {
  const endOther = db.prepare(`
    UPDATE tag SET ended_at = ?, ended_by = ?
    WHERE repository_id = ? AND name = ? AND ended_at IS NULL AND manifest_id <> ?`)
  const begin = db.prepare(`
    INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (repository_id, name) WHERE ended_at IS NULL DO NOTHING`)
  return (repositoryId, tag, manifestId, at, origin) => {
    endOther.run(at, origin.accountName, repositoryId, tag, manifestId)
    begin.run(repositoryId, tag, manifestId, at, origin.accountName)
  }
}
