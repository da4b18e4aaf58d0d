import type { ContentUsageStore } from '../content-usage.ts'
import type { StoreContext } from './store-context.ts'

/** With more live tags than this, it is faster to ask of each thing who needs it than to go through what all need. */
const MANY_TAGS = 1000

interface UsageRow {
  bytes: number
  shared_bytes: number
}

/**
 * The manifests that stay whatever becomes of the one in question: those that have tags, and the children of those;
 * found from above, from all the tags there are.
 */
const KEPT_FROM_ABOVE = {
  table: `
    kept (id) AS MATERIALIZED (
      SELECT manifest_id FROM tag
      WHERE repository_id = @repositoryId AND ended_at IS NULL AND manifest_id <> @manifestId
      UNION
      SELECT child.id FROM kept
      CROSS JOIN manifest_reference AS edge ON edge.manifest_id = kept.id AND edge.kind = 'manifest'
      CROSS JOIN manifest AS child ON child.repository_id = @repositoryId AND child.digest = edge.digest
        AND child.deleted_at IS NULL
    ),`,
  isKept: (id: string) => `${id} IN (SELECT id FROM kept)`,
}

/** The same, found from below: whether a manifest, or an index above it, has a tag. */
const KEPT_FROM_BELOW = {
  table: '',
  isKept: (id: string) => `EXISTS (
    WITH RECURSIVE above (id) AS (
      SELECT ${id}
      UNION
      SELECT edge.manifest_id FROM above
      CROSS JOIN manifest ON manifest.id = above.id AND manifest.deleted_at IS NULL
      CROSS JOIN manifest_reference AS edge
        ON edge.repository_id = @repositoryId AND edge.digest = manifest.digest AND edge.kind = 'manifest'
    )
    SELECT 1 FROM above CROSS JOIN tag ON tag.manifest_id = above.id AND tag.ended_at IS NULL
    WHERE above.id <> @manifestId)`,
}

/**
 * What an index names may be a manifest or, as buildkit's cache has it, a blob; all else that is named is a blob. What
 * is not here is not counted.
 */
function usageSql({ table, isKept }: typeof KEPT_FROM_ABOVE): string {
  return `
    WITH RECURSIVE ${table}
    needed (digest) AS (
      VALUES (@digest)
      UNION
      SELECT manifest_reference.digest FROM needed
      CROSS JOIN manifest ON manifest.repository_id = @repositoryId AND manifest.digest = needed.digest
        AND manifest.deleted_at IS NULL
      CROSS JOIN manifest_reference ON manifest_reference.manifest_id = manifest.id
    ),
    content (size, is_shared) AS (
      SELECT length(manifest.bytes), ${isKept('manifest.id')} FROM needed
      CROSS JOIN manifest ON manifest.repository_id = @repositoryId AND manifest.digest = needed.digest
        AND manifest.deleted_at IS NULL
      UNION ALL
      SELECT blob.size, EXISTS (
        SELECT 1 FROM manifest_reference AS user
        WHERE user.repository_id = @repositoryId AND user.digest = needed.digest AND ${isKept('user.manifest_id')})
      FROM needed CROSS JOIN blob ON blob.digest = needed.digest
      CROSS JOIN repository_blob
        ON repository_blob.repository_id = @repositoryId AND repository_blob.blob_id = blob.id
    )
    SELECT coalesce(sum(size), 0) AS bytes, coalesce(sum(iif(is_shared, size, 0)), 0) AS shared_bytes FROM content`
}

/** Makes the function that adds up what a manifest needs. */
export function createManifestUsage({ db }: StoreContext): ContentUsageStore['ofManifest'] {
  const selectManifest = db.prepare<[number, string], { id: number }>(
    'SELECT id FROM manifest WHERE repository_id = ? AND digest = ? AND deleted_at IS NULL',
  )
  const selectTagCount = db.prepare<[number], { tags: number }>(`
    SELECT count(*) AS tags FROM (
      SELECT 1 FROM tag WHERE repository_id = ? AND ended_at IS NULL LIMIT ${MANY_TAGS + 1})`)
  const prepare = (kept: typeof KEPT_FROM_ABOVE) =>
    db.prepare<[{ repositoryId: number; manifestId: number; digest: string }], UsageRow>(usageSql(kept))
  const fromAbove = prepare(KEPT_FROM_ABOVE)
  const fromBelow = prepare(KEPT_FROM_BELOW)

  return async (repositoryId, digest) => {
    const manifest = selectManifest.get(repositoryId, digest)
    if (manifest === undefined) return undefined
    const hasManyTags = (selectTagCount.get(repositoryId)?.tags ?? 0) > MANY_TAGS
    const row = (hasManyTags ? fromBelow : fromAbove).get({ repositoryId, manifestId: manifest.id, digest })
    if (row === undefined) throw new Error(`adding up what ${digest} needs returned no row`)
    return { bytes: row.bytes, uniqueBytes: row.bytes - row.shared_bytes, sharedBytes: row.shared_bytes }
  }
}
