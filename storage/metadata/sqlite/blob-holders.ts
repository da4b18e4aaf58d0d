import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ContentUsageStore } from '../content-usage.ts'
import { toPage } from './paging.ts'
import { type RepositoryRow, toRepository } from './repository-rows.ts'
import type { StoreContext } from './store-context.ts'
import { preparePerViewer, selectVisibleSql, type ViewerParameters, viewerParameters } from './visible.ts'

/** Repositories that are judged before others have their turn: a base layer may be in all there are. */
const PIECE = 500

interface PieceParameters extends ViewerParameters {
  readonly blobId: number
  readonly beyond: number
  readonly after: string
  readonly limit: number
}

/** Makes the function that lists the repositories that have a blob, of those that the viewer may pull. */
export function createBlobHolders({ db }: StoreContext): ContentUsageStore['listRepositories'] {
  const selectBlob = db.prepare<[string], { id: number }>('SELECT id FROM blob WHERE digest = ?')
  const piece = (columns: string) => `
    SELECT ${columns} FROM repository_blob INDEXED BY repository_blob_blob_id_idx
    WHERE blob_id = @blobId AND repository_id > @beyond ORDER BY repository_id LIMIT ${PIECE}`
  const selectLast = db.prepare<[{ blobId: number; beyond: number }], { last: number | null }>(
    `SELECT max(repository_id) AS last FROM (${piece('repository_id')})`,
  )
  const selectHolders = preparePerViewer<PieceParameters, RepositoryRow>(
    db,
    (viewerKind) => `
      ${selectVisibleSql(
        viewerKind,
        `repository.* FROM (${piece('repository_id')}) AS link
         CROSS JOIN repository ON repository.id = link.repository_id
         WHERE repository.pushed_at IS NOT NULL AND repository.name > @after`,
      )}
      ORDER BY repository.name LIMIT @limit`,
  )

  return async (digest, viewer, { after = '', limit }) => {
    const blobId = selectBlob.get(digest)?.id ?? 0
    const parameters = { ...viewerParameters(viewer), blobId, after, limit: limit + 1 }
    let holders: readonly RepositoryRow[] = []
    for (let beyond: number | null = 0; beyond !== null; ) {
      const found: readonly RepositoryRow[] = selectHolders(viewer).all({ ...parameters, beyond })
      holders = [...holders, ...found].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit + 1)
      beyond = selectLast.get({ blobId, beyond })?.last ?? null
      await nextTurn()
    }
    return toPage(holders, limit, toRepository, (row) => row.name)
  }
}
