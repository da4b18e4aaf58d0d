import type { RepositoryId } from '../identities.ts'
import type { IndexBuild } from '../search-index.ts'
import { createAccountIndexer } from './account-indexer.ts'
import type { AccountRow } from './account-rows.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

/** Pages (of 4 KB) that are merged at once. */
const PAGES_AT_ONCE = 16

const INDEXES = ['public_text', 'private_text', 'account_text'] as const

interface BuildRow {
  started_at: number
  last_account_id: number
  last_repository_id: number
  finished_at: number | null
  documents: number
}

/** Builds the index anew, document by document: it goes on answering, and a stopped server goes on where it was. */
export interface SearchBuild {
  start(): IndexBuild
  find(): IndexBuild | undefined
  /** One piece; undefined when there is nothing to do. */
  advance(limit: number): IndexBuild | undefined
  /** Merges some pages of the index; false when there was nothing to merge. */
  tidy(): boolean
  refreshPositions(after: RepositoryId | undefined, limit: number): RepositoryId | undefined
}

export function createSearchBuild(context: StoreContext): SearchBuild {
  const { db, now, indexer: repositories } = context
  const accounts = createAccountIndexer(context)
  const select = db.prepare<[], BuildRow>('SELECT * FROM search_build')
  const restart = db.prepare<[number], BuildRow>(`
    INSERT INTO search_build (id, started_at, last_account_id, last_repository_id, documents) VALUES (1, ?, 0, 0, 0)
    ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, last_account_id = 0, last_repository_id = 0,
      documents = 0, finished_at = NULL
    RETURNING *`)
  const selectAccounts = db.prepare<[number, number], AccountRow>(
    'SELECT * FROM account WHERE id > ? ORDER BY id LIMIT ?',
  )
  const selectRepositories = db
    .prepare<[number, number], RepositoryId>('SELECT id FROM repository WHERE id > ? ORDER BY id LIMIT ?')
    .pluck()
  const advanceAccounts = db.prepare<[number], BuildRow>('UPDATE search_build SET last_account_id = ? RETURNING *')
  const advanceRepositories = db.prepare<{ last: number; count: number }, BuildRow>(`
    UPDATE search_build SET last_repository_id = @last, documents = documents + @count RETURNING *`)
  const merges = INDEXES.map((table) =>
    db.prepare(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ${PAGES_AT_ONCE})`),
  )
  // A negative number of pages makes one merge of all that is there; the other merges go on with it.
  const mergesOfAll = INDEXES.map((table) => db.prepare(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', -1)`))
  const countChanges = db.prepare<[], number>('SELECT total_changes()').pluck()
  const finish = db.prepare<[number], BuildRow>('UPDATE search_build SET finished_at = ? RETURNING *')

  const advance = transactional(db, (limit: number): BuildRow | undefined => {
    const build = select.get()
    if (build === undefined || build.finished_at !== null) return undefined
    const nextAccounts = selectAccounts.all(build.last_account_id, limit)
    const lastAccount = nextAccounts.at(-1)
    for (const account of nextAccounts) accounts.index(account)
    if (lastAccount !== undefined) return advanceAccounts.get(lastAccount.id)
    const ids = selectRepositories.all(build.last_repository_id, limit)
    const last = ids.at(-1)
    for (const id of ids) repositories.reindex(id)
    if (last !== undefined) return advanceRepositories.get({ last, count: ids.length })
    for (const merge of mergesOfAll) merge.run()
    return finish.get(now())
  })

  const refresh = transactional(db, (after: RepositoryId | undefined, limit: number) => {
    const ids = selectRepositories.all(after ?? 0, limit)
    for (const id of ids) repositories.reposition(id)
    return ids.at(-1)
  })

  return {
    start() {
      const build = toBuild(restart.get(now()))
      if (build === undefined) throw new Error('starting to build the search index returned no row')
      return build
    },
    find: () => toBuild(select.get()),
    tidy: transactional(db, () => {
      const before = countChanges.get() ?? 0
      for (const merge of merges) merge.run()
      // FTS5 says so by what it wrote: the commands themselves are one change each.
      return (countChanges.get() ?? 0) - before > merges.length
    }),
    advance: (limit) => toBuild(advance(limit)),
    refreshPositions: refresh,
  }
}

function toBuild(row: BuildRow | undefined): IndexBuild | undefined {
  return row && { startedAt: row.started_at, finishedAt: row.finished_at ?? undefined, documents: row.documents }
}
