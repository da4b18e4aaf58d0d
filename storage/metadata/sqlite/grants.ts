import type { Permission } from '../../../oci/permission.ts'
import { literalPrefixOf } from '../../../oci/repository-pattern.ts'
import type { Origin } from '../audit-events.ts'
import type { Grant, GrantHolder, GrantStore, NewGrant } from '../grants.ts'
import type { AccountId, GrantId, RobotId, TeamId } from '../identities.ts'
import { type Deletion, drawVersion, type IfVersion, isMet } from '../versions.ts'
import { createAuditRecorder } from './audit-events.ts'
import { readIdCursor, toPage } from './paging.ts'
import { prefixesOf } from './prefixes.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface GrantRow {
  id: number
  organization_id: number
  organization_name: string
  holder_kind: GrantHolder['kind']
  holder_id: number
  holder_name: string
  pattern: string
  permission: Permission
  created_at: number
  version: number
}

const SELECT = `
  SELECT access_grant.id, access_grant.organization_id, organization.name AS organization_name,
    CASE WHEN access_grant.user_id IS NOT NULL THEN 'user' WHEN access_grant.team_id IS NOT NULL THEN 'team' ELSE 'robot' END
      AS holder_kind,
    coalesce(access_grant.user_id, access_grant.team_id, access_grant.robot_id) AS holder_id,
    coalesce(user.name, team.name, robot.name) AS holder_name,
    access_grant.pattern, access_grant.permission, access_grant.created_at, access_grant.version
  FROM access_grant
  JOIN account AS organization ON organization.id = access_grant.organization_id
  LEFT JOIN account AS user ON user.id = access_grant.user_id
  LEFT JOIN team ON team.id = access_grant.team_id
  LEFT JOIN robot ON robot.id = access_grant.robot_id`

/** What a page of an organization's grants is read with. */
interface PageParameters {
  organizationId: number
  after: number
  limit: number
}

export function createGrants(context: StoreContext): GrantStore {
  const { db } = context
  const record = createAuditRecorder(context)
  const putGrant = createGrantPutter(context)
  const select = db.prepare<[number, number], GrantRow>(
    `${SELECT} WHERE access_grant.organization_id = ? AND access_grant.id = ?`,
  )
  const page = 'access_grant.organization_id = @organizationId AND access_grant.id > @after'
  const inOrder = 'ORDER BY access_grant.id LIMIT @limit'
  const selectPage = db.prepare<[PageParameters], GrantRow>(`${SELECT} WHERE ${page} ${inOrder}`)
  const preparePageOf = (holder: GrantHolder['kind']) =>
    db.prepare<[PageParameters & { holderId: number }], GrantRow>(
      `${SELECT} WHERE ${page} AND access_grant.${HOLDER_COLUMNS[holder]} = @holderId ${inOrder}`,
    )
  const selectPageOf = { user: preparePageOf('user'), team: preparePageOf('team'), robot: preparePageOf('robot') }
  const selectCovering = db.prepare<[PageParameters & { path: string; prefixes: string }], GrantRow>(`
    ${SELECT} WHERE ${page} AND access_grant.prefix IN (SELECT value FROM json_each(@prefixes))
      AND covers(access_grant.pattern, @path) ${inOrder}`)
  const deleteById = db.prepare('DELETE FROM access_grant WHERE id = ?')
  const changePermission = createPermissionChanger(context)

  const put = transactional(
    db,
    (grant: NewGrant, origin: Origin, ifVersion: IfVersion | undefined): Awaited<ReturnType<GrantStore['put']>> => {
      const result = putGrant(grant, origin, ifVersion)
      if (result.kind === 'stale') return result
      const row = select.get(grant.organizationId, result.id)
      if (row === undefined) throw new Error(`grant ${result.id} is gone in the transaction that made it`)
      return { kind: 'put', grant: toGrant(row), isNew: result.isNew }
    },
  )

  const setPermission = transactional(
    db,
    (
      organizationId: AccountId,
      id: GrantId,
      permission: Permission,
      origin: Origin,
      ifVersion: IfVersion | undefined,
    ): Awaited<ReturnType<GrantStore['setPermission']>> => {
      const before = select.get(organizationId, id)
      if (before === undefined) return { kind: 'absent' }
      if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
      return { kind: 'set', grant: toGrant(changePermission(before, permission, origin)) }
    },
  )

  const remove = transactional(
    db,
    (organizationId: AccountId, id: GrantId, origin: Origin, ifVersion: IfVersion | undefined): Deletion => {
      const row = select.get(organizationId, id)
      if (row === undefined) return { kind: 'absent' }
      if (!isMet(ifVersion, row.version)) return { kind: 'stale' }
      deleteById.run(id)
      record('grant.deleted', toAuditObject(row), origin, { ...describe(row), permission: row.permission })
      return { kind: 'deleted' }
    },
  )

  return {
    async put(grant, origin, ifVersion) {
      return put(grant, origin, ifVersion)
    },
    async find(organizationId, id) {
      const row = select.get(organizationId, id)
      return row && toGrant(row)
    },
    async list(organizationId, holder, { after, limit }) {
      const request = { organizationId, after: readIdCursor(after) ?? 0, limit: limit + 1 }
      const rows =
        holder === undefined
          ? selectPage.all(request)
          : selectPageOf[holder.kind].all({ ...request, holderId: holder.id })
      return toPage(rows, limit, toGrant, (row) => String(row.id))
    },
    async listCovering(organizationId, path, { after, limit }) {
      const request = { organizationId, after: readIdCursor(after) ?? 0, limit: limit + 1 }
      const rows = selectCovering.all({ ...request, path, prefixes: prefixesOf(path) })
      return toPage(rows, limit, toGrant, (row) => String(row.id))
    },
    async setPermission(organizationId, id, permission, origin, ifVersion) {
      return setPermission(organizationId, id, permission, origin, ifVersion)
    },
    async delete(organizationId, id, origin, ifVersion) {
      return remove(organizationId, id, origin, ifVersion)
    },
  }
}

const HOLDER_COLUMNS: Readonly<Record<GrantHolder['kind'], string>> = {
  user: 'user_id',
  team: 'team_id',
  robot: 'robot_id',
}

/** Where a holder of an organization's grant is found: teams and robots are its own, users may come from outside. */
const HOLDERS: Readonly<Record<GrantHolder['kind'], string>> = {
  user: "account WHERE id = @holderId AND kind = 'user'",
  team: 'team WHERE id = @holderId AND organization_id = @organizationId',
  robot: 'robot WHERE id = @holderId AND organization_id = @organizationId',
}

/** Makes the function that gives a permission, or changes the one given for the same pattern; to be called inside a transaction. */
export function createGrantPutter(
  context: StoreContext,
): (
  grant: NewGrant,
  origin: Origin,
  ifVersion?: IfVersion,
) => { readonly kind: 'put'; readonly id: GrantId; readonly isNew: boolean } | { readonly kind: 'stale' } {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const changePermission = createPermissionChanger(context)
  const prepareFor = (holder: GrantHolder['kind']) => ({
    select: db.prepare<[number, number, string, string], GrantRow>(`
      ${SELECT} WHERE access_grant.${HOLDER_COLUMNS[holder]} = ? AND access_grant.organization_id = ?
        AND access_grant.prefix = ? AND access_grant.pattern = ?`),
    insert: db.prepare<[InsertParameters]>(`
      INSERT INTO access_grant (${HOLDER_COLUMNS[holder]}, organization_id, pattern, prefix, permission, created_at, version)
      SELECT id, @organizationId, @pattern, @prefix, @permission, @createdAt, @version FROM ${HOLDERS[holder]}`),
  })
  const statements = { user: prepareFor('user'), team: prepareFor('team'), robot: prepareFor('robot') }
  return ({ organizationId, holder, pattern, permission }, origin, ifVersion) => {
    const { select, insert } = statements[holder.kind]
    const prefix = literalPrefixOf(pattern)
    const existing = select.get(holder.id, organizationId, prefix, pattern)
    if (!isMet(ifVersion, existing?.version)) return { kind: 'stale' }
    if (existing !== undefined) {
      changePermission(existing, permission, origin)
      return { kind: 'put', id: existing.id as GrantId, isNew: false }
    }
    insert.run({
      holderId: holder.id,
      organizationId,
      pattern,
      prefix,
      permission,
      createdAt: now(),
      version: drawVersion(),
    })
    const row = select.get(holder.id, organizationId, prefix, pattern)
    if (row === undefined)
      throw new Error(`account ${organizationId} cannot grant anything to ${holder.kind} ${holder.id}`)
    record('grant.created', toAuditObject(row), origin, { ...describe(row), permission })
    return { kind: 'put', id: row.id as GrantId, isNew: true }
  }
}

interface InsertParameters {
  holderId: number
  organizationId: number
  pattern: string
  prefix: string
  permission: Permission
  createdAt: number
  version: number
}

function createPermissionChanger(
  context: StoreContext,
): (before: GrantRow, permission: Permission, origin: Origin) => GrantRow {
  const record = createAuditRecorder(context)
  const update = context.db.prepare<[Permission, number, number]>(
    'UPDATE access_grant SET permission = ?, version = ? WHERE id = ?',
  )
  return (before, permission, origin) => {
    if (permission === before.permission) return before
    const version = drawVersion()
    update.run(permission, version, before.id)
    record('grant.updated', toAuditObject(before), origin, {
      ...describe(before),
      from: before.permission,
      to: permission,
    })
    return { ...before, permission, version }
  }
}

function toAuditObject(row: GrantRow): { readonly name: string; readonly ownerId: number } {
  return { name: `${row.organization_name}/grants/${row.id}`, ownerId: row.organization_id }
}

function describe(row: GrantRow): { readonly holder: object; readonly repositories: string } {
  return {
    holder: { kind: row.holder_kind, name: row.holder_name },
    repositories: `${row.organization_name}/${row.pattern}`,
  }
}

function toGrant(row: GrantRow): Grant {
  return {
    id: row.id as GrantId,
    organizationId: row.organization_id as AccountId,
    holder: { ...toHolder(row), name: row.holder_name },
    pattern: row.pattern,
    permission: row.permission,
    createdAt: row.created_at,
    version: row.version,
  }
}

function toHolder({ holder_kind: kind, holder_id: id }: GrantRow): GrantHolder {
  switch (kind) {
    case 'user':
      return { kind, id: id as AccountId }
    case 'team':
      return { kind, id: id as TeamId }
    case 'robot':
      return { kind, id: id as RobotId }
  }
}
