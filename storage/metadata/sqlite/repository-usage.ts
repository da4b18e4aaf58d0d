import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ContentUsageStore } from '../content-usage.ts'
import type { Viewer } from '../repositories.ts'
import type { StoreContext } from './store-context.ts'
import { preparePerViewer, selectVisibleSql, type ViewerParameters, viewerParameters } from './visible.ts'

/**
 * Blobs or manifests that are counted before others have their turn: a repository may have many, and a statement holds
 * the whole process up.
 */
const PIECE = 500

interface BlobSums {
  blobs: number
  bytes: number
  shared_bytes: number
  last: number | null
}

/**
 * Makes the function that adds up what a repository has. Which blobs others have is asked only of repositories that the
 * viewer may pull; each of them is judged once, however many blobs they have in common.
 */
export function createRepositoryUsage({ db }: StoreContext): ContentUsageStore['ofRepository'] {
  const piece = `
    SELECT blob_id FROM repository_blob
    WHERE repository_id = @repositoryId AND blob_id > @after ORDER BY blob_id LIMIT ${PIECE}`
  const selectOthers = db
    .prepare<[{ repositoryId: number; after: number }], number>(`
      SELECT DISTINCT other.repository_id FROM (${piece}) AS piece
      CROSS JOIN repository_blob AS other INDEXED BY repository_blob_blob_id_idx ON other.blob_id = piece.blob_id
      WHERE other.repository_id <> @repositoryId`)
    .pluck()
  const selectVisible = preparePerViewer<ViewerParameters & { ids: string }, { id: number }>(db, (viewerKind) =>
    selectVisibleSql(
      viewerKind,
      `repository.id FROM json_each(@ids) AS asked CROSS JOIN repository ON repository.id = asked.value
       WHERE repository.pushed_at IS NOT NULL`,
    ),
  )
  const selectBlobSums = db.prepare<[{ repositoryId: number; after: number; others: string }], BlobSums>(`
    WITH others (id) AS MATERIALIZED (SELECT value FROM json_each(@others))
    SELECT count(*) AS blobs, coalesce(sum(blob.size), 0) AS bytes, max(blob.id) AS last,
      coalesce(sum(iif(@others <> '[]' AND EXISTS (
        SELECT 1 FROM repository_blob AS other INDEXED BY repository_blob_blob_id_idx
        WHERE other.blob_id = blob.id AND +other.repository_id IN (SELECT id FROM others)), blob.size, 0)), 0)
        AS shared_bytes
    FROM (${piece}) AS piece CROSS JOIN blob ON blob.id = piece.blob_id`)
  const selectManifestSums = db.prepare<
    [{ repositoryId: number; after: string }],
    { bytes: number; last: string | null }
  >(`
    SELECT coalesce(sum(iif(deleted_at IS NULL, length(bytes), 0)), 0) AS bytes, max(digest) AS last FROM (
      SELECT digest, deleted_at, bytes FROM manifest
      WHERE repository_id = @repositoryId AND digest > @after ORDER BY digest LIMIT ${PIECE})`)

  function createJudge(viewer: Viewer): (ids: readonly number[]) => readonly number[] {
    const judged = new Map<number, boolean>()
    return (ids) => {
      const unknown = ids.filter((id) => !judged.has(id))
      for (const id of unknown) judged.set(id, false)
      if (unknown.length > 0) {
        const parameters = { ...viewerParameters(viewer), ids: JSON.stringify(unknown) }
        for (const { id } of selectVisible(viewer).all(parameters)) judged.set(id, true)
      }
      return ids.filter((id) => judged.get(id))
    }
  }

  return async (id, viewer) => {
    const usage = { bytes: 0, sharedBytes: 0, blobs: 0 }
    const judge = createJudge(viewer)
    for (let after: number | null = 0; after !== null; ) {
      const others = judge(selectOthers.all({ repositoryId: id, after }))
      const sums: BlobSums | undefined = selectBlobSums.get({ repositoryId: id, after, others: JSON.stringify(others) })
      usage.blobs += sums?.blobs ?? 0
      usage.bytes += sums?.bytes ?? 0
      usage.sharedBytes += sums?.shared_bytes ?? 0
      after = sums?.last ?? null
      await nextTurn()
    }
    // Manifests are kept for each repository of their own, and shared with none.
    for (let after: string | null = ''; after !== null; ) {
      const sums: { bytes: number; last: string | null } | undefined = selectManifestSums.get({
        repositoryId: id,
        after,
      })
      usage.bytes += sums?.bytes ?? 0
      after = sums?.last ?? null
      await nextTurn()
    }
    return { ...usage, uniqueBytes: usage.bytes - usage.sharedBytes }
  }
}
