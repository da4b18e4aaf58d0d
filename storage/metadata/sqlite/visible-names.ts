import type { Database } from 'better-sqlite3'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import type { PageRequest } from '../page.ts'
import type { Viewer } from '../repositories.ts'
import { createHeldAccounts, createVisibleReader } from './visible.ts'

/**
 * Makes the function that reads the names of repositories with content that a viewer may pull: those after a name, in
 * order. Most viewers hold all of some namespaces or nothing in them, and a namespace's names follow each other. Such
 * are read one namespace after the other, each straight from its index, until there are enough: a fifth of what it
 * takes to keep many stretches in order. All others are read as they are for lists of more than names.
 */
export function createVisibleNamesReader(
  db: Database,
): (viewer: Viewer, page: PageRequest) => readonly RepositoryName[] {
  const readVisible = createVisibleReader<{ name: string }>(db)
  const findHeldAccounts = createHeldAccounts(db)
  const prepareNames = (from: string) =>
    db
      .prepare<[{ from: string; limit: number; accountId?: number }], RepositoryName>(`
        SELECT name FROM repository ${from} AND pushed_at IS NOT NULL AND name >= @from ORDER BY name LIMIT @limit`)
      .pluck()
  const selectAll = prepareNames('WHERE true')
  const selectPublic = prepareNames("WHERE visibility = 'public'")
  const selectOfAccount = prepareNames('INDEXED BY repository_account_id_name_idx WHERE account_id = @accountId')
  // '0' comes right after '/': of what ends before the page begins nothing need be read.
  const selectAccounts = db
    .prepare<[{ ids: string; from: string }], number>(`
      SELECT account.id FROM json_each(@ids) AS held CROSS JOIN account ON account.id = held.value
      WHERE account.name || '0' > @from ORDER BY account.name || '/'`)
    .pluck()

  function readOfAccounts(ids: readonly number[], request: { from: string; limit: number }): RepositoryName[] {
    const names: RepositoryName[] = []
    for (const accountId of selectAccounts.all({ ids: JSON.stringify(ids), from: request.from })) {
      names.push(...selectOfAccount.all({ ...request, accountId, limit: request.limit - names.length }))
      if (names.length === request.limit) break
    }
    return names
  }

  return (viewer, { after, limit }) => {
    const request = { from: `${after ?? ''}!`, limit }
    const held = findHeldAccounts(viewer)
    switch (held.kind) {
      case 'all':
        return selectAll.all(request)
      case 'whole': {
        const own = readOfAccounts(held.ids, request)
        const open = selectPublic.all(request)
        return open.length === 0 ? own : [...new Set([...own, ...open])].sort().slice(0, limit)
      }
      case 'some':
        return readVisible(viewer, { after, limit }).map(({ name }) => name as RepositoryName)
    }
  }
}
