import type { Statement } from 'better-sqlite3'
import type { AuditAction, AuditEvent, AuditFilter, AuditLog, Origin, Refusal } from '../audit-events.ts'
import type { AccountId, RepositoryId } from '../identities.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface AuditEventRow {
  id: number
  at: number
  action: AuditAction
  outcome: AuditEvent['outcome']
  object: string
  owner_id: number | null
  account_id: number | null
  account_name: string
  credential: string
  address: string
  request_id: string
  detail: string
}

/** What an event is about, and whom it concerns. */
export interface AuditObject {
  readonly name: string
  /** The account whose namespace, members or settings it is about. */
  readonly ownerId: number | undefined
}

/** Writes an event; to be called inside the transaction of the change it tells of. */
export type RecordAuditEvent = (
  action: AuditAction,
  object: AuditObject,
  origin: Origin,
  detail?: Readonly<Record<string, unknown>>,
) => void

export function createAuditRecorder({ db, now }: Pick<StoreContext, 'db' | 'now'>): RecordAuditEvent {
  const insert = createInserter(db)
  return (action, object, origin, detail = {}) => {
    insert({ at: now(), action, outcome: 'done', object: object.name, ownerId: object.ownerId, origin, detail })
  }
}

/** Makes the function that says what an event about a repository's content is about: `acme/web:latest`. */
export function createContentDescriber({
  db,
}: Pick<StoreContext, 'db'>): (id: RepositoryId, content: string) => AuditObject {
  const select = db.prepare<[number], { name: string; account_id: number }>(
    'SELECT name, account_id FROM repository WHERE id = ?',
  )
  return (id, content) => {
    const repository = select.get(id)
    if (repository === undefined) throw new Error(`an event is about repository ${id}, which is not there`)
    return { name: repository.name + content, ownerId: repository.account_id }
  }
}

/** What each key of a filter asks of an event. Columns come from here only; what is looked for is always bound (S20, S27). */
const CONDITIONS: Readonly<Record<keyof AuditFilter, string>> = {
  ownerId: 'owner_id = @ownerId',
  action: 'action = @action',
  outcome: 'outcome = @outcome',
  actor: 'account_name = @actor',
  // What begins with the object and a separator is what sorts between that and the character after the separator.
  object: `(object = @object
    OR (object >= @object || '/' AND object < @object || '0')
    OR (object >= @object || ':' AND object < @object || ';')
    OR (object >= @object || '@' AND object < @object || 'A'))`,
  since: 'at >= @since',
  until: 'at < @until',
  newerThan: 'id > @newerThan',
}

/** What an index leads to, in order of id: the first that a filter has is taken. */
const INDEXED = ['ownerId', 'actor'] as const

/** Events looked at for one page, some 3 ms: a filter that nearly nothing matches must not hold up everybody else. */
const MAX_EXAMINED = 20_000

interface PageConditions {
  readonly seek: string
  readonly filter: string
}

interface PageStatements {
  readonly page: Statement<[PageOfEvents], AuditEventRow>
  /** The id of the last event that was looked at, when there are more. */
  readonly lastExamined: Statement<[PageOfEvents], { id: number }>
}

type PageOfEvents = AuditFilter & { readonly after: number; readonly limit: number }

export function createAuditLog({ db }: Pick<StoreContext, 'db'>): AuditLog {
  const insert = createInserter(db)
  // One statement for each combination of keys, prepared at its first use and kept: 256 at most.
  const pageStatements = new Map<string, PageStatements>()
  const preparePage = ({ seek, filter }: PageConditions): PageStatements => ({
    page: db.prepare(`
      SELECT * FROM (SELECT * FROM audit_event WHERE ${seek} ORDER BY id DESC LIMIT ${MAX_EXAMINED})
      WHERE ${filter} ORDER BY id DESC LIMIT @limit`),
    lastExamined: db.prepare(
      `SELECT id FROM audit_event WHERE ${seek} ORDER BY id DESC LIMIT 1 OFFSET ${MAX_EXAMINED - 1}`,
    ),
  })
  // Only the oldest are looked at, as ids grow with time: what is young costs nothing, however much of it there is.
  const deleteOldest = db.prepare<[{ before: number; limit: number }]>(`
    DELETE FROM audit_event WHERE at < @before AND id IN (SELECT id FROM audit_event ORDER BY id LIMIT @limit)`)

  const recordRefusals = transactional(db, (refusals: readonly Refusal[]) => {
    for (const refusal of refusals) insert({ ...refusal, outcome: 'refused' })
  })
  const purge = transactional(db, (before: number, limit: number) => deleteOldest.run({ before, limit }).changes)

  return {
    async list(filter, { after, limit }) {
      const conditions = conditionsFor(filter)
      const key = `${conditions.seek} | ${conditions.filter}`
      const statements = pageStatements.get(key) ?? preparePage(conditions)
      pageStatements.set(key, statements)
      const parameters = { ...filter, after: readEventId(after), limit: limit + 1 }
      const page = toPage(statements.page.all(parameters), limit, toAuditEvent, (row) => String(row.id))
      if (page.next !== undefined) return page
      const lastExamined = statements.lastExamined.get(parameters)
      return { ...page, next: lastExamined && String(lastExamined.id) }
    },
    async recordRefusals(refusals) {
      recordRefusals(refusals)
    },
    async purge(before, limit) {
      return purge(before, limit)
    },
  }
}

/** Splits a filter into what an index finds and what is then looked for in the events themselves. */
function conditionsFor(filter: AuditFilter): PageConditions {
  const keys = (Object.keys(CONDITIONS) as (keyof AuditFilter)[]).filter((key) => filter[key] !== undefined)
  const indexed = INDEXED.find((key) => keys.includes(key))
  // Where the trail begins for who follows it is looked up as well: whoever asks every two seconds must not read it all.
  const sought = keys.filter((key) => key === indexed || key === 'newerThan')
  const rest = keys.filter((key) => !sought.includes(key)).map((key) => CONDITIONS[key])
  return {
    seek: [...sought.map((key) => CONDITIONS[key]), 'id < @after'].join(' AND '),
    filter: rest.length === 0 ? '1' : rest.join(' AND '),
  }
}

/** The id of the last event seen, or one that is beyond them all. */
function readEventId(after: string | undefined): number {
  return after !== undefined && /^\d{1,15}$/.test(after) ? Number(after) : Number.MAX_SAFE_INTEGER
}

type NewAuditEvent = Omit<AuditEvent, 'id' | 'ownerId'> & { readonly ownerId: number | undefined }

function createInserter(db: StoreContext['db']): (event: NewAuditEvent) => void {
  const insert = db.prepare(`
    INSERT INTO audit_event
      (at, action, outcome, object, owner_id, account_id, account_name, credential, address, request_id, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return ({ at, action, outcome, object, ownerId, origin, detail }) => {
    const { accountId, accountName, credential, address, requestId } = origin
    insert.run(
      at,
      action,
      outcome,
      object,
      ownerId ?? null,
      accountId ?? null,
      accountName,
      credential,
      address,
      requestId,
      JSON.stringify(detail),
    )
  }
}

function toAuditEvent(row: AuditEventRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    action: row.action,
    outcome: row.outcome,
    object: row.object,
    ownerId: row.owner_id === null ? undefined : (row.owner_id as AccountId),
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
