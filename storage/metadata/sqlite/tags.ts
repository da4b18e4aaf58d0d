import type { Digest } from '../../../oci/digest.ts'
import type { Tag } from '../../../oci/reference.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import type { TagLifetime, TagPointing, TagStore } from '../tags.ts'
import { createAuditRecorder, createContentDescriber } from './audit-events.ts'
import { readIdCursor, toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { createTagDetailsReader } from './tag-details.ts'
import { createTagPointer } from './tag-pointer.ts'
import { createTagRestorer } from './tag-restorer.ts'
import { transactional } from './transaction.ts'

interface LifetimeRow {
  id: number
  name: string
  digest: string
  media_type: string
  started_at: number
  started_by: string
  ended_at: number | null
  ended_by: string | null
}

export function createTags(context: StoreContext): TagStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const selectPage = db
    .prepare<[number, string, number], Tag>(`
      SELECT name FROM tag WHERE repository_id = ? AND name > ? AND ended_at IS NULL ORDER BY name LIMIT ?`)
    .pluck()
  const end = db.prepare<[number, string, number, string], { manifest_id: number }>(`
    UPDATE tag SET ended_at = ?, ended_by = ?
    WHERE repository_id = ? AND name = ? AND ended_at IS NULL RETURNING manifest_id`)
  const selectHistory = db.prepare<[number, string, number, number], LifetimeRow>(`
    SELECT tag.id, tag.name, manifest.digest, manifest.media_type, tag.started_at, tag.started_by, tag.ended_at, tag.ended_by
    FROM tag JOIN manifest ON manifest.id = tag.manifest_id
    WHERE tag.repository_id = ? AND tag.name = ? AND tag.id < ? ORDER BY tag.id DESC LIMIT ?`)
  const selectManifest = db.prepare<[number, string], { id: number }>(
    'SELECT id FROM manifest WHERE repository_id = ? AND digest = ? AND deleted_at IS NULL',
  )
  const selectLive = db.prepare<[number, string], { digest: Digest }>(`
    SELECT manifest.digest FROM tag JOIN manifest ON manifest.id = tag.manifest_id
    WHERE tag.repository_id = ? AND tag.name = ? AND tag.ended_at IS NULL`)
  const describe = createContentDescriber(context)
  const { index } = context.indexer
  const details = createTagDetailsReader(context)
  const pointTag = createTagPointer(context)
  const restore = transactional(db, createTagRestorer(context))

  const remove = transactional(db, (repositoryId: RepositoryId, tag: Tag, origin: Origin) => {
    const ended = end.get(now(), origin.accountName, repositoryId, tag)
    if (ended === undefined) return false
    record('tag.deleted', describe(repositoryId, `:${tag}`), origin)
    index(repositoryId)
    return true
  })

  const point = transactional(
    db,
    (repositoryId: RepositoryId, tag: Tag, digest: Digest, origin: Origin): TagPointing => {
      const manifest = selectManifest.get(repositoryId, digest)
      if (manifest === undefined) return { kind: 'no-manifest' }
      const previous = selectLive.get(repositoryId, tag)?.digest
      if (previous !== digest) {
        const detail = { digest, previous }
        pointTag({ repositoryId, tag, manifestId: manifest.id, action: 'tag.pointed', origin, detail })
      }
      return { kind: 'pointed', previous }
    },
  )

  return {
    async list(repositoryId, { after, limit }) {
      const names = selectPage.all(repositoryId, after ?? '', limit + 1)
      return toPage(
        names,
        limit,
        (name) => name,
        (name) => name,
      )
    },
    async delete(repositoryId, tag, origin) {
      return remove(repositoryId, tag, origin)
    },
    async history(repositoryId, tag, { after, limit }) {
      const before = readIdCursor(after) ?? Number.MAX_SAFE_INTEGER
      const rows = selectHistory.all(repositoryId, tag, before, limit + 1)
      return toPage(rows, limit, toLifetime, (row) => String(row.id))
    },
    listDetails: (repositoryId, request) => details.list(repositoryId, request),
    async findDetails(repositoryId, tag) {
      return details.find(repositoryId, tag)
    },
    async point(repositoryId, tag, digest, origin) {
      return point(repositoryId, tag, digest, origin)
    },
    async restore(repositoryId, tag, digest, origin) {
      return restore(repositoryId, tag, digest, origin)
    },
  }
}

function toLifetime(row: LifetimeRow): TagLifetime {
  return {
    tag: row.name as Tag,
    digest: row.digest as Digest,
    mediaType: row.media_type,
    startedAt: row.started_at,
    startedBy: row.started_by,
    endedAt: row.ended_at ?? undefined,
    endedBy: row.ended_by ?? undefined,
  }
}
