import type { Origin } from '../audit-events.ts'
import type { RobotId, RobotSecretId } from '../identities.ts'
import { MAX_ROBOT_SECRETS, type RobotSecret, type RobotStore } from '../robots.ts'
import { type AuditObject, createAuditRecorder } from './audit-events.ts'
import type { StoreContext } from './store-context.ts'

interface RobotSecretRow {
  id: number
  created_at: number
  last_used_at: number | null
  last_used_from: string | null
}

/** The secrets of robots; what changes them is to be called inside a transaction, with what the trail calls the robot. */
export interface RobotSecrets {
  /** Oldest first. */
  list(id: RobotId): readonly RobotSecret[]
  add(id: RobotId, robot: AuditObject, secretHash: Buffer, origin: Origin): Awaited<ReturnType<RobotStore['addSecret']>>
  /** False when the robot has no such secret. */
  delete(id: RobotId, robot: AuditObject, secretId: RobotSecretId, origin: Origin): boolean
}

export function createRobotSecrets(context: StoreContext): RobotSecrets {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const selectAll = db.prepare<[number], RobotSecretRow>('SELECT * FROM robot_secret WHERE robot_id = ? ORDER BY id')
  const insert = db.prepare<[number, Buffer, number], RobotSecretRow>(
    'INSERT INTO robot_secret (robot_id, secret_hash, created_at) VALUES (?, ?, ?) RETURNING *',
  )
  const deleteRow = db.prepare('DELETE FROM robot_secret WHERE id = ? AND robot_id = ?')
  const toSecretObject = (robot: AuditObject, id: number) => ({ ...robot, name: `${robot.name}/secrets/${id}` })
  return {
    list(id) {
      return selectAll.all(id).map(toRobotSecret)
    },
    add(id, robot, secretHash, origin) {
      if (selectAll.all(id).length >= MAX_ROBOT_SECRETS) return { kind: 'too-many' }
      const row = insert.get(id, secretHash, now())
      if (row === undefined) throw new Error(`inserting a secret of robot ${id} returned no row`)
      record('robot_secret.created', toSecretObject(robot, row.id), origin)
      return { kind: 'added', secret: toRobotSecret(row) }
    },
    delete(id, robot, secretId, origin) {
      if (deleteRow.run(secretId, id).changes === 0) return false
      record('robot_secret.deleted', toSecretObject(robot, secretId), origin)
      return true
    },
  }
}

function toRobotSecret(row: RobotSecretRow): RobotSecret {
  return {
    id: row.id as RobotSecretId,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
    lastUsedFrom: row.last_used_from ?? undefined,
  }
}
