import { setImmediate } from 'node:timers/promises'
import type { AuditEvent, AuditFilter, AuditLog } from '../../storage/metadata/audit-events.ts'

/** Events read in one query. */
const BATCH = 500

/** An event as the API shows it. */
export function showAuditEvent({ id, at, action, outcome, object, origin, detail }: AuditEvent) {
  const { accountName, credential, address, requestId } = origin
  return {
    id,
    at: new Date(at).toISOString(),
    action,
    outcome,
    object,
    actor: { name: accountName, credential, address },
    requestId,
    detail,
  }
}

/** All events that match, the newest first, in portions; events that come in the meantime are not among them. */
export async function* readAuditEvents(
  auditLog: Pick<AuditLog, 'list'>,
  filter: AuditFilter,
): AsyncGenerator<readonly AuditEvent[]> {
  let after: string | undefined
  do {
    const page = await auditLog.list(filter, { after, limit: BATCH })
    yield page.items
    after = page.next
    // The store answers without a turn of the event loop, and so may a fast reader: others get their turn here.
    await setImmediate()
  } while (after !== undefined)
}

/** Events as JSON lines (one JSON text each, every line ended by a line feed), a portion at a time. */
export async function* exportJsonLines(portions: AsyncIterable<readonly AuditEvent[]>): AsyncGenerator<string> {
  for await (const events of portions) {
    yield events.map((event) => `${JSON.stringify(showAuditEvent(event))}\n`).join('')
  }
}

/** Names the columns and says what is in them. */
const COLUMNS: Readonly<Record<string, (event: ReturnType<typeof showAuditEvent>) => string>> = {
  id: ({ id }) => String(id),
  at: ({ at }) => at,
  action: ({ action }) => action,
  outcome: ({ outcome }) => outcome,
  object: ({ object }) => object,
  actor: ({ actor }) => actor.name,
  credential: ({ actor }) => actor.credential,
  address: ({ actor }) => actor.address,
  requestId: ({ requestId }) => requestId,
  detail: ({ detail }) => JSON.stringify(detail),
}

/** Events as CSV (RFC 4180) that begins with the names of the columns, a portion at a time. */
export async function* exportCsv(portions: AsyncIterable<readonly AuditEvent[]>): AsyncGenerator<string> {
  yield toRecord(Object.keys(COLUMNS))
  for await (const events of portions) {
    yield events
      .map(showAuditEvent)
      .map((event) => toRecord(Object.values(COLUMNS).map((cellOf) => cellOf(event))))
      .join('')
  }
}

function toRecord(cells: readonly string[]): string {
  return `${cells.map(toCell).join(',')}\r\n`
}

function toCell(text: string): string {
  // Names are chosen by whoever pushes or tries to log in; spreadsheets run what begins like a formula.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
