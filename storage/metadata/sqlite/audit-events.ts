import type { AuditAction, AuditEvent, AuditLog, Origin } from '../audit-events.ts'
import type { AccountId } from '../identities.ts'
import type { StoreContext } from './store-context.ts'

interface AuditEventRow {
  id: number
  at: number
  action: AuditAction
  object: string
  account_id: number | null
  account_name: string
  credential: string
  address: string
  request_id: string
  detail: string
}

/** Writes an event; to be called inside the transaction of the change it tells of. */
export type RecordAuditEvent = (
  action: AuditAction,
  object: string,
  origin: Origin,
  detail?: Readonly<Record<string, unknown>>,
) => void

export function createAuditRecorder({ db, now }: StoreContext): RecordAuditEvent {
  const insert = db.prepare(`
    INSERT INTO audit_event (at, action, object, account_id, account_name, credential, address, request_id, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return (action, object, origin, detail = {}) => {
    const { accountId, accountName, credential, address, requestId } = origin
    insert.run(
      now(),
      action,
      object,
      accountId ?? null,
      accountName,
      credential,
      address,
      requestId,
      JSON.stringify(detail),
    )
  }
}

export function createAuditLog({ db }: StoreContext): AuditLog {
  const selectBefore = db.prepare<[number, number], AuditEventRow>(
    'SELECT * FROM audit_event WHERE id < ? ORDER BY id DESC LIMIT ?',
  )
  return {
    async list({ before, limit }) {
      return selectBefore.all(before ?? Number.MAX_SAFE_INTEGER, limit).map(toAuditEvent)
    },
  }
}

function toAuditEvent(row: AuditEventRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    action: row.action,
    object: row.object,
    origin: {
      accountId: row.account_id === null ? undefined : (row.account_id as AccountId),
      accountName: row.account_name,
      credential: row.credential,
      address: row.address,
      requestId: row.request_id,
    },
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  }
}
