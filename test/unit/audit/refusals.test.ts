import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRefusals, type Refusals } from '../../../server/audit/refusals.ts'
import type { AuditEvent } from '../../../storage/metadata/audit-events.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import { EVERYTHING } from '../../contract/metadata/audit-log.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { readPages } from '../../contract/metadata/read-pages.ts'
import { ORIGIN } from '../../contract/metadata/sample-content.ts'

type Refused = Parameters<Refusals['note']>[0]

const ACME = 41 as AccountId

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>
let refusals: Refusals

beforeEach(async () => {
  underTest = await openSqliteUnderTest()
  refusals = createRefusals({
    // The store of the moment: some tests close one and open another.
    auditLog: { recordRefusals: (batch) => underTest.store.auditLog.recordRefusals(batch) },
    now: underTest.clock.now,
  })
})

afterEach(() => underTest.close())

function note(changes: Partial<Refused> = {}): void {
  refusals.note({
    action: 'write',
    object: 'acme/app',
    ownerId: ACME,
    origin: ORIGIN,
    detail: { route: 'PUT manifest', code: 'DENIED' },
    ...changes,
  })
}

function noteObjects(from: number, to: number): void {
  for (let number = from; number < to; number++) note({ object: `acme/app-${number}` })
}

/** What was written, the oldest first. */
async function readWritten(): Promise<readonly AuditEvent[]> {
  const pages = await readPages((page) => underTest.store.auditLog.list(EVERYTHING, page), 1000)
  return pages.flat().toReversed()
}

/** How many refusals the written events stand for, and how many of these only by their number. */
function countsOf(events: readonly AuditEvent[]) {
  const sum = (key: string) => events.reduce((total, { detail }) => total + Number(detail[key] ?? 0), 0)
  return { counted: sum('count'), suppressed: sum('suppressed') }
}

/** Flushes to a store that is closed, and notes something while that is under way. */
async function failToFlush(noteMeanwhile: () => void = () => {}): Promise<void> {
  await underTest.store.close()
  const flushed = refusals.flush()
  noteMeanwhile()
  await expect(flushed).rejects.toThrow('not open')
  await underTest.reopen()
}

test('a refusal is written at the next flush, as it was noted and when', async () => {
  note()
  const at = underTest.clock.now()
  underTest.clock.advance(5000)
  expect(await readWritten()).toEqual([])
  await refusals.flush()
  const [event, ...more] = await readWritten()
  expect(event).toEqual({
    id: event?.id,
    at,
    action: 'write',
    outcome: 'refused',
    object: 'acme/app',
    ownerId: ACME,
    origin: ORIGIN,
    detail: { route: 'PUT manifest', code: 'DENIED', count: 1 },
  })
  expect(more).toEqual([])
  await refusals.flush()
  expect(await readWritten()).toHaveLength(1)
})

test('equal refusals between two flushes are one event that counts them, at the time and by the request of the first', async () => {
  const at = underTest.clock.now()
  for (let each = 0; each < 500; each++) {
    note({ origin: { ...ORIGIN, requestId: `request-${each}` } })
    underTest.clock.advance(1)
  }
  await refusals.flush()
  note()
  await refusals.flush()
  const events = await readWritten()
  expect(events.map(({ detail }) => detail['count'])).toEqual([500, 1])
  expect(events[0]).toMatchObject({ at, origin: { requestId: 'request-0' } })
})

const DIFFERENCES: Readonly<Record<string, Partial<Refused>>> = {
  action: { action: 'login' },
  object: { object: 'acme/web' },
  owner: { ownerId: undefined },
  'author’s name': { origin: { ...ORIGIN, accountName: 'bob' } },
  'author’s account': { origin: { ...ORIGIN, accountId: 7 as AccountId } },
  credential: { origin: { ...ORIGIN, credential: 'access-token 12' } },
  address: { origin: { ...ORIGIN, address: '192.0.2.2' } },
  detail: { detail: { route: 'PUT manifest', code: 'UNAUTHORIZED' } },
}

test.each(Object.entries(DIFFERENCES))('refusals that differ in their %s are events of their own', async (_, other) => {
  note()
  note(other)
  await refusals.flush()
  expect((await readWritten()).map(({ detail }) => detail['count'])).toEqual([1, 1])
})

test('of a flood of different refusals a thousand are written, and one event says how many more there were', async () => {
  noteObjects(0, 1500)
  noteObjects(0, 10)
  await refusals.flush()
  const events = await readWritten()
  expect(events).toHaveLength(1001)
  expect(events[0]).toMatchObject({ object: 'acme/app-0', detail: { count: 2 } })
  expect(events.at(-1)).toMatchObject({
    outcome: 'refused',
    origin: { credential: 'system' },
    detail: { suppressed: 500 },
  })
  note()
  await refusals.flush()
  expect((await readWritten()).at(-1)).toMatchObject({ object: 'acme/app', detail: { count: 1 } })
})

test('a failed flush throws, and the next writes what it had and what came since', async () => {
  note()
  note({ object: 'acme/web' })
  await failToFlush(() => {
    note({ object: 'acme/meanwhile' })
    note()
  })
  note({ object: 'acme/after' })
  note()
  await refusals.flush()
  const events = await readWritten()
  expect(events.map(({ object, detail }) => [object, detail['count']])).toEqual([
    ['acme/app', 3],
    ['acme/web', 1],
    ['acme/meanwhile', 1],
    ['acme/after', 1],
  ])
})

test('after failed flushes no more are kept than before, and all are counted', async () => {
  noteObjects(0, 900)
  await failToFlush(() => noteObjects(500, 1600))
  await failToFlush(() => noteObjects(1600, 1700))
  noteObjects(1600, 1700)
  await refusals.flush()
  const events = await readWritten()
  expect(events).toHaveLength(1001)
  // Number 1000 to 1699 found no room, and the last hundred of them came twice.
  expect(countsOf(events)).toEqual({ counted: 1400, suppressed: 800 })
})

test('a flush of nothing needs no store', async () => {
  await underTest.store.close()
  await refusals.flush()
})

test('what is noted while a flush runs is written by the next', async () => {
  note()
  const flushed = refusals.flush()
  note({ object: 'acme/web' })
  await flushed
  expect((await readWritten()).map(({ object }) => object)).toEqual(['acme/app'])
  await refusals.flush()
  expect((await readWritten()).map(({ object }) => object)).toEqual(['acme/app', 'acme/web'])
})

test('what clients make long is cut', async () => {
  const long = 'x'.repeat(100_000)
  note({
    object: long,
    origin: { ...ORIGIN, accountName: long, credential: long, address: long },
    detail: { reason: long, scopes: [long, 'short'] },
  })
  await refusals.flush()
  const [event] = await readWritten()
  const cut = `${'x'.repeat(300)}…`
  expect(event).toMatchObject({ object: cut, origin: { accountName: cut, credential: cut, address: cut } })
  expect(event?.detail).toEqual({ reason: cut, scopes: [cut, 'short'], count: 1 })
})

test('a detail that is long all the same, or no JSON, is left out and the refusal kept', async () => {
  const circular: Record<string, unknown> = {}
  circular['itself'] = circular
  note({ object: 'many', detail: { names: Array.from({ length: 1000 }, (_, index) => `name ${index}`) } })
  note({ object: 'circular', detail: circular })
  note({ object: 'bigint', detail: { size: 1n } })
  await refusals.flush()
  expect((await readWritten()).map(({ object, detail }) => [object, detail])).toEqual([
    ['many', { count: 1 }],
    ['circular', { count: 1 }],
    ['bigint', { count: 1 }],
  ])
})

test('what the caller does with a detail after noting it changes nothing', async () => {
  const detail = { code: 'DENIED' }
  note({ detail })
  detail.code = 'other'
  await refusals.flush()
  expect((await readWritten())[0]?.detail).toEqual({ code: 'DENIED', count: 1 })
})
