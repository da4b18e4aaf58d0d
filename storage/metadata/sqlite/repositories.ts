import type { RepositoryName } from '../../../oci/repository-name.ts'
import { namespaceOf } from '../../../oci/repository-name.ts'
import type { Origin } from '../audit-events.ts'
import type { AccountId, RepositoryId } from '../identities.ts'
import type { Repository, RepositoryStore, Viewer, Visibility } from '../repositories.ts'
import { createOrganizationEnsurer } from './accounts.ts'
import { createAuditRecorder } from './audit-events.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface RepositoryRow {
  id: number
  account_id: number
  name: string
  visibility: Visibility
  created_at: number
  pushed_at: number | null
}

/** What a viewer may see, as SQL conditions on `repository` that exclude each other, and their parameters. */
interface VisibleParts {
  readonly conditions: readonly string[]
  readonly parameters: readonly number[]
}

function visibleParts(viewer: Viewer): VisibleParts {
  switch (viewer.kind) {
    case 'everything':
      return { conditions: ['1'], parameters: [] }
    case 'account':
      return {
        conditions: [
          "repository.visibility = 'public'",
          "repository.account_id = ? AND repository.visibility <> 'public'",
        ],
        parameters: [viewer.accountId],
      }
    case 'anonymous':
      return { conditions: ["repository.visibility = 'public'"], parameters: [] }
  }
}

/** The SQL condition on `repository` for what a viewer may see, and its parameters. */
export function visibleTo(viewer: Viewer): { readonly sql: string; readonly parameters: readonly number[] } {
  const { conditions, parameters } = visibleParts(viewer)
  return { sql: `(${conditions.map((condition) => `(${condition})`).join(' OR ')})`, parameters }
}

/**
 * A page of what a viewer may see, in order of name: one index range for each condition, merged. With an OR instead,
 * SQLite would walk over everybody else's repositories.
 */
function visiblePageSql(viewer: Viewer): string {
  const ranges = visibleParts(viewer).conditions.map(
    (condition) => `SELECT * FROM repository WHERE name > @after AND pushed_at IS NOT NULL AND ${condition}`,
  )
  return `${ranges.join(' UNION ALL ')} ORDER BY name LIMIT @limit`
}

export function createRepositories(context: StoreContext): RepositoryStore {
  const { db } = context
  const record = createAuditRecorder(context)
  const selectByName = db.prepare<[string], RepositoryRow>('SELECT * FROM repository WHERE name = ?')
  const updateVisibility = db.prepare<[Visibility, number], RepositoryRow>(
    'UPDATE repository SET visibility = ? WHERE id = ? RETURNING *',
  )
  const deleteById = db.prepare<[number], RepositoryRow>('DELETE FROM repository WHERE id = ? RETURNING *')
  // One statement for each kind of viewer, prepared at its first use and kept.
  const pageStatements = new Map<Viewer['kind'], ReturnType<typeof preparePage>>()
  const preparePage = (viewer: Viewer) =>
    db.prepare<[...number[], { after: string; limit: number }], RepositoryRow>(visiblePageSql(viewer))

  const setVisibility = transactional(db, (id: RepositoryId, visibility: Visibility, origin: Origin) => {
    const row = updateVisibility.get(visibility, id)
    if (row !== undefined) record('repository.updated', row.name, origin, { visibility })
    return row && toRepository(row)
  })

  const remove = transactional(db, (id: RepositoryId, origin: Origin) => {
    const row = deleteById.get(id)
    if (row !== undefined) record('repository.deleted', row.name, origin)
    return row !== undefined
  })

  return {
    async find(name) {
      const row = selectByName.get(name)
      return row && toRepository(row)
    },
    async listVisible(viewer, { after, limit }) {
      const statement = pageStatements.get(viewer.kind) ?? preparePage(viewer)
      pageStatements.set(viewer.kind, statement)
      const rows = statement.all(...visibleParts(viewer).parameters, { after: after ?? '', limit: limit + 1 })
      return toPage(rows, limit, toRepository, (row) => row.name)
    },
    async setVisibility(id, visibility, origin) {
      return setVisibility(id, visibility, origin)
    },
    async delete(id, origin) {
      return remove(id, origin)
    },
  }
}

/**
 * Makes the function that a push calls inside its transaction: the repository's id, after creating the repository
 * (private) and, where it is missing, the organization that owns its namespace.
 */
export function createRepositoryEnsurer(context: StoreContext): (name: RepositoryName, origin: Origin) => RepositoryId {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const ensureOrganization = createOrganizationEnsurer(context)
  const selectId = db.prepare<[string], { id: number }>('SELECT id FROM repository WHERE name = ?')
  const insert = db.prepare<[number, string, number], { id: number }>(
    "INSERT INTO repository (account_id, name, visibility, created_at) VALUES (?, ?, 'private', ?) RETURNING id",
  )
  return (name, origin) => {
    const existing = selectId.get(name)
    if (existing !== undefined) return existing.id as RepositoryId
    const created = insert.get(ensureOrganization(namespaceOf(name), origin), name, now())
    if (created === undefined) throw new Error(`inserting repository ${name} returned no row`)
    record('repository.created', name, origin, { visibility: 'private' })
    return created.id as RepositoryId
  }
}

function toRepository(row: RepositoryRow): Repository {
  return {
    id: row.id as RepositoryId,
    name: row.name as RepositoryName,
    ownerId: row.account_id as AccountId,
    visibility: row.visibility,
    createdAt: row.created_at,
    pushedAt: row.pushed_at ?? undefined,
  }
}
