import type { AccountId, RepositoryId } from '../identities.ts'
import type { StarStore } from '../stars.ts'
import { toPage } from './paging.ts'
import { type RepositoryRow, toRepository } from './repository-rows.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'
import { preparePerViewer, selectVisibleSql, type ViewerParameters, viewerParameters } from './visible.ts'

type StarsOfUser = ViewerParameters & { readonly userId: number; readonly after: string; readonly limit: number }

export function createStars(context: StoreContext): StarStore {
  const { db, now } = context
  const changeCount = createStarCounter(context)
  const select = db.prepare<[number, number], { found: 1 }>(
    'SELECT 1 AS found FROM repository_star WHERE user_id = ? AND repository_id = ?',
  )
  // Nothing when one of the two was deleted since the rule looked.
  const insert = db.prepare<[number, number, number]>(`
    INSERT INTO repository_star (starred_at, user_id, repository_id)
    SELECT ?, account.id, repository.id FROM account CROSS JOIN repository
    WHERE account.id = ? AND repository.id = ? ON CONFLICT DO NOTHING`)
  const deleteOne = db.prepare<[number, number]>('DELETE FROM repository_star WHERE user_id = ? AND repository_id = ?')
  const selectPage = preparePerViewer<StarsOfUser, RepositoryRow>(
    db,
    (viewerKind) => `
      ${selectVisibleSql(
        viewerKind,
        `repository.* FROM repository_star AS star CROSS JOIN repository ON repository.id = star.repository_id
        WHERE star.user_id = @userId AND repository.name > @after AND repository.pushed_at IS NOT NULL`,
      )}
      ORDER BY repository.name LIMIT @limit`,
  )

  const has = (userId: AccountId, repositoryId: RepositoryId) => select.get(userId, repositoryId) !== undefined

  const add = transactional(db, (userId: AccountId, repositoryId: RepositoryId) => {
    const { changes } = insert.run(now(), userId, repositoryId)
    if (changes === 0) return has(userId, repositoryId)
    changeCount(repositoryId, +1)
    return true
  })

  const remove = transactional(db, (userId: AccountId, repositoryId: RepositoryId) => {
    const isGone = deleteOne.run(userId, repositoryId).changes > 0
    if (isGone) changeCount(repositoryId, -1)
    return isGone
  })

  return {
    async has(userId, repositoryId) {
      return has(userId, repositoryId)
    },
    async add(userId, repositoryId) {
      return add(userId, repositoryId)
    },
    async remove(userId, repositoryId) {
      return remove(userId, repositoryId)
    },
    async list(userId, viewer, { after = '', limit }) {
      const rows = selectPage(viewer).all({ ...viewerParameters(viewer), userId, after, limit: limit + 1 })
      return toPage(rows, limit, toRepository, (row) => row.name)
    },
  }
}

/** Makes the function that takes a user's stars back, inside the transaction that deletes the user. */
export function createStarForgetter(context: StoreContext): (userId: AccountId) => void {
  const changeCount = createStarCounter(context)
  const deleteAll = context.db
    .prepare<[number], RepositoryId>('DELETE FROM repository_star WHERE user_id = ? RETURNING repository_id')
    .pluck()
  return (userId) => {
    for (const repositoryId of deleteAll.all(userId)) changeCount(repositoryId, -1)
  }
}

/** Keeps the number in a repository's row, and what the search makes of it, as the stars are. */
function createStarCounter(context: StoreContext): (repositoryId: RepositoryId, change: 1 | -1) => void {
  const update = context.db.prepare<[number, number]>('UPDATE repository SET stars = stars + ? WHERE id = ?')
  const { index } = context.indexer
  return (repositoryId, change) => {
    update.run(change, repositoryId)
    index(repositoryId)
  }
}
