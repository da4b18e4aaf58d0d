import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exportCsv, exportJsonLines, readAuditEvents, showAuditEvent } from '../../../server/api/audit-export.ts'
import type { AuditEvent } from '../../../storage/metadata/audit-events.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import { EVERYTHING } from '../../contract/metadata/audit-log.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { ORIGIN } from '../../contract/metadata/sample-content.ts'

const EVENT: AuditEvent = {
  id: 7,
  at: Date.UTC(2026, 7, 1, 12, 30),
  action: 'tag.deleted',
  outcome: 'done',
  object: 'acme/app:latest',
  ownerId: 41 as AccountId,
  origin: ORIGIN,
  detail: { tags: ['1', '2'] },
}

const HEADER = 'id,at,action,outcome,object,actor,credential,address,requestId,detail\r\n'

function portions(...events: readonly (readonly AuditEvent[])[]): AsyncIterable<readonly AuditEvent[]> {
  return Readable.from(events)
}

async function toCsv(events: readonly AuditEvent[]): Promise<string> {
  return text(exportCsv(portions(events)))
}

/** Reads CSV by the grammar of RFC 4180, and nothing beside it. */
function parseCsv(csv: string): string[][] {
  const cell = '(?:"(?:[^"]|"")*"|[^",\\r\\n]*)'
  expect(csv).toMatch(new RegExp(`^(?:${cell}(?:,${cell})*\\r\\n)*$`))
  const records: string[][] = [[]]
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') records.push([])
  }
  return records.slice(0, -1)
}

test('an event is shown with its author, and times as RFC 3339 has them', () => {
  expect(showAuditEvent(EVENT)).toEqual({
    id: 7,
    at: '2026-08-01T12:30:00.000Z',
    action: 'tag.deleted',
    outcome: 'done',
    object: 'acme/app:latest',
    actor: { name: 'alice', credential: 'password', address: '192.0.2.1' },
    requestId: 'request-1',
    detail: { tags: ['1', '2'] },
  })
})

describe('JSON lines', () => {
  test('have one event as the API shows it on each line', async () => {
    const other = { ...EVENT, id: 6, object: 'two\r\nlines', outcome: 'refused' } as const
    const lines = (await text(exportJsonLines(portions([EVENT], [], [other])))).split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => JSON.parse(line))).toEqual([showAuditEvent(EVENT), showAuditEvent(other)])
  })

  test('of no events are nothing', async () => {
    expect(await text(exportJsonLines(portions([])))).toBe('')
  })
})

describe('CSV', () => {
  test('begins with the names of the columns, once, also when there are no events', async () => {
    const record =
      '7,2026-08-01T12:30:00.000Z,tag.deleted,done,acme/app:latest,alice,password,192.0.2.1,request-1,"{""tags"":[""1"",""2""]}"\r\n'
    expect(await text(exportCsv(portions([EVENT], [EVENT])))).toBe(HEADER + record + record)
    expect(await text(exportCsv(portions()))).toBe(HEADER)
  })

  test.each([['a "name"'], ['a,b'], ['two\r\nlines'], ['line\nfeed'], ['"'], ['""'], [','], [''], [' '], ["'"]])(
    'keeps %j whole',
    async (object) => {
      const origin = { ...ORIGIN, accountName: object }
      const [, record] = parseCsv(await toCsv([{ ...EVENT, object, origin }]))
      expect(record).toEqual(
        [
          '7',
          '2026-08-01T12:30:00.000Z',
          'tag.deleted',
          'done',
          object,
          object,
          'password',
          '192.0.2.1',
          'request-1',
        ].concat('{"tags":["1","2"]}'),
      )
    },
  )

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=cmd|\' /C calc\'!A0,"x"', '=HYPERLINK("http://x")'])(
    'has no cell that a spreadsheet would run: %j gets an apostrophe',
    async (name) => {
      const origin = { ...ORIGIN, accountName: name, credential: name, address: name, requestId: name }
      const [, record] = parseCsv(await toCsv([{ ...EVENT, object: name, origin }]))
      expect(record?.slice(4, 9)).toEqual(Array.from({ length: 5 }, () => `'${name}`))
    },
  )
})

describe('reading all events', () => {
  let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>

  beforeEach(async () => {
    underTest = await openSqliteUnderTest()
    const refusal = { action: 'write', object: 'acme/app', ownerId: undefined, origin: ORIGIN, detail: {} } as const
    const refusals = Array.from({ length: 1300 }, (_, at) => ({ ...refusal, at }))
    await underTest.store.auditLog.recordRefusals(refusals)
  })

  afterEach(() => underTest.close())

  test('gives what matches, the newest first and in portions', async () => {
    const sizes: number[] = []
    const times: number[] = []
    for await (const events of readAuditEvents(underTest.store.auditLog, { ...EVERYTHING, until: 1200 })) {
      sizes.push(events.length)
      times.push(...events.map(({ at }) => at))
    }
    expect(times).toEqual(Array.from({ length: 1200 }, (_, index) => 1199 - index))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500)
  })

  test('reads no further than its reader does', async () => {
    let queries = 0
    const list: typeof underTest.store.auditLog.list = (filter, page) => {
      queries += 1
      return underTest.store.auditLog.list(filter, page)
    }
    for await (const line of exportCsv(readAuditEvents({ list }, EVERYTHING))) {
      if (line !== HEADER) break
    }
    expect(queries).toBe(1)
  })
})
