import type { Origin } from '../audit-events.ts'
import type { AccountId, RobotId, RobotSecretId } from '../identities.ts'
import type { NewRobot, Robot, RobotChanges, RobotStore, RobotUpdate } from '../robots.ts'
import { type Deletion, drawVersion, type IfVersion, isMet } from '../versions.ts'
import { createAuditRecorder } from './audit-events.ts'
import { distinctScopes } from './distinct-scopes.ts'
import { createGrantPutter } from './grants.ts'
import { toPage } from './paging.ts'
import { createRobotSecrets } from './robot-secrets.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface RobotRow {
  id: number
  organization_id: number
  organization_name: string
  name: string
  expires_at: number | null
  disabled_at: number | null
  created_at: number
  version: number
}

const ROBOT = 'robot.*, account.name AS organization_name'
const ITS_ORGANIZATION = 'JOIN account ON account.id = robot.organization_id'

export function createRobots(context: StoreContext): RobotStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const putGrant = createGrantPutter(context)
  const secrets = createRobotSecrets(context)
  const selectById = db.prepare<[number], RobotRow>(`SELECT ${ROBOT} FROM robot ${ITS_ORGANIZATION} WHERE robot.id = ?`)
  const selectByName = db.prepare<[number, string], RobotRow>(
    `SELECT ${ROBOT} FROM robot ${ITS_ORGANIZATION} WHERE robot.organization_id = ? AND robot.name = ?`,
  )
  const selectBySecret = db.prepare<[Buffer], RobotRow & { secret_id: number }>(`
    SELECT ${ROBOT}, robot_secret.id AS secret_id FROM robot_secret
    JOIN robot ON robot.id = robot_secret.robot_id ${ITS_ORGANIZATION} WHERE robot_secret.secret_hash = ?`)
  const selectWithSecret = db.prepare<[number, number], RobotRow>(`
    SELECT ${ROBOT} FROM robot_secret
    JOIN robot ON robot.id = robot_secret.robot_id ${ITS_ORGANIZATION} WHERE robot_secret.id = ? AND robot.id = ?`)
  const selectPage = db.prepare<[number, string, number], RobotRow>(`
    SELECT ${ROBOT} FROM robot ${ITS_ORGANIZATION}
    WHERE robot.organization_id = ? AND robot.name > ? ORDER BY robot.name LIMIT ?`)
  const insert = db.prepare<[number, string, number | null, number, number]>(
    'INSERT INTO robot (organization_id, name, expires_at, created_at, version) VALUES (?, ?, ?, ?, ?)',
  )
  const updateRow = db.prepare<[number | null, number | null, number]>(
    'UPDATE robot SET expires_at = ?, disabled_at = ?, version = version + 1 WHERE id = ?',
  )
  const deleteById = db.prepare('DELETE FROM robot WHERE id = ?')

  const create = transactional(db, (robot: NewRobot, origin: Origin): Awaited<ReturnType<RobotStore['create']>> => {
    const { organizationId, name, expiresAt, scopes, secretHash } = robot
    if (selectByName.get(organizationId, name) !== undefined) return { kind: 'name-taken' }
    insert.run(organizationId, name, expiresAt ?? null, now(), drawVersion())
    const row = selectByName.get(organizationId, name)
    if (row === undefined) throw new Error(`inserting robot ${name} left no row`)
    record('robot.created', toAuditObject(row), origin, { expiresAt })
    const holder = { kind: 'robot', id: row.id as RobotId } as const
    for (const { pattern, permission } of distinctScopes(scopes)) {
      putGrant({ organizationId, holder, pattern, permission }, origin)
    }
    secrets.add(holder.id, toAuditObject(row), secretHash, origin)
    return { kind: 'created', robot: toRobot(row) }
  })

  const update = transactional(
    db,
    (id: RobotId, changes: RobotChanges, origin: Origin, ifVersion: IfVersion | undefined): RobotUpdate => {
      const before = selectById.get(id)
      if (before === undefined) return { kind: 'absent' }
      if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
      const { expiresAt, disabled } = changes
      updateRow.run(
        expiresAt === undefined ? before.expires_at : expiresAt,
        disabled === undefined ? before.disabled_at : disabled ? (before.disabled_at ?? now()) : null,
        id,
      )
      const after = selectById.get(id)
      if (after === undefined) throw new Error(`robot ${id} is gone in the transaction that changed it`)
      record('robot.updated', toAuditObject(after), origin, { ...changes })
      return { kind: 'updated', robot: toRobot(after) }
    },
  )

  const remove = transactional(db, (id: RobotId, origin: Origin, ifVersion: IfVersion | undefined): Deletion => {
    const row = selectById.get(id)
    if (row === undefined) return { kind: 'absent' }
    if (!isMet(ifVersion, row.version)) return { kind: 'stale' }
    deleteById.run(id)
    record('robot.deleted', toAuditObject(row), origin)
    return { kind: 'deleted' }
  })

  const addSecret = transactional(db, (id: RobotId, secretHash: Buffer, origin: Origin) => {
    const row = selectById.get(id)
    if (row === undefined) throw new Error(`a secret is to be added to robot ${id}, which is not there`)
    return secrets.add(id, toAuditObject(row), secretHash, origin)
  })

  const deleteSecret = transactional(db, (id: RobotId, secretId: RobotSecretId, origin: Origin) => {
    const row = selectById.get(id)
    return row !== undefined && secrets.delete(id, toAuditObject(row), secretId, origin)
  })

  return {
    async find(organizationId, name) {
      const row = selectByName.get(organizationId, name)
      return row && toRobot(row)
    },
    async findBySecret(secretHash) {
      const row = selectBySecret.get(secretHash)
      return row && { robot: toRobot(row), secretId: row.secret_id as RobotSecretId }
    },
    async findWithSecret(id, secretId) {
      const row = selectWithSecret.get(secretId, id)
      return row && toRobot(row)
    },
    async list(organizationId, { after, limit }) {
      return toPage(selectPage.all(organizationId, after ?? '', limit + 1), limit, toRobot, (row) => row.name)
    },
    async create(robot, origin) {
      return create(robot, origin)
    },
    async update(id, changes, origin, ifVersion) {
      return update(id, changes, origin, ifVersion)
    },
    async delete(id, origin, ifVersion) {
      return remove(id, origin, ifVersion)
    },
    async listSecrets(id) {
      return secrets.list(id)
    },
    async addSecret(id, secretHash, origin) {
      return addSecret(id, secretHash, origin)
    },
    async deleteSecret(id, secretId, origin) {
      return deleteSecret(id, secretId, origin)
    },
  }
}

function toAuditObject(row: RobotRow): { readonly name: string; readonly ownerId: number } {
  return { name: `${row.organization_name}+${row.name}`, ownerId: row.organization_id }
}

function toRobot(row: RobotRow): Robot {
  return {
    id: row.id as RobotId,
    organizationId: row.organization_id as AccountId,
    organizationName: row.organization_name,
    name: row.name,
    expiresAt: row.expires_at ?? undefined,
    disabledAt: row.disabled_at ?? undefined,
    createdAt: row.created_at,
    version: row.version,
  }
}
