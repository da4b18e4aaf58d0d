import { afterEach, beforeEach, expect, test } from 'vitest'
import { purgeOldEvents } from '../../../server/audit/purge-old-events.ts'
import { readTrail } from '../../contract/metadata/audit-log.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { ORIGIN } from '../../contract/metadata/sample-content.ts'

const RETENTION_MS = 90 * 24 * 3_600_000

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>

beforeEach(async () => {
  underTest = await openSqliteUnderTest()
})

afterEach(() => underTest.close())

async function recordAt(...times: readonly number[]): Promise<void> {
  const refusal = { action: 'write', object: 'acme/app', ownerId: undefined, origin: ORIGIN, detail: {} } as const
  await underTest.store.auditLog.recordRefusals(times.map((at) => ({ ...refusal, at })))
}

function purge(): Promise<number> {
  return purgeOldEvents({
    auditLog: underTest.store.auditLog,
    retentionMs: RETENTION_MS,
    now: underTest.clock.now,
  })
}

test('events are kept for their time, and not longer', async () => {
  const at = underTest.clock.now()
  await recordAt(at, at + 1000)
  underTest.clock.advance(RETENTION_MS)
  expect(await purge()).toBe(0)
  underTest.clock.advance(1)
  expect(await purge()).toBe(1)
  expect((await readTrail(underTest.store)).map((event) => event.at)).toEqual([at + 1000])
})

test('however many are old, all of them go', async () => {
  const at = underTest.clock.now()
  await recordAt(...Array.from({ length: 3500 }, () => at))
  underTest.clock.advance(RETENTION_MS + 1)
  await recordAt(underTest.clock.now())
  expect(await purge()).toBe(3500)
  expect((await readTrail(underTest.store)).map((event) => event.at)).toEqual([underTest.clock.now()])
})

test('a young event among old ones, as a clock set back leaves it, does not keep those behind it', async () => {
  const at = underTest.clock.now()
  underTest.clock.advance(RETENTION_MS + 1)
  await recordAt(underTest.clock.now(), ...Array.from({ length: 2500 }, () => at))
  expect(await purge()).toBe(2500)
})

test('requests get their turn between two batches', async () => {
  await recordAt(...Array.from({ length: 3000 }, () => underTest.clock.now()))
  underTest.clock.advance(RETENTION_MS + 1)
  const leftAtTurns: number[] = []
  const purged = purge()
  let turn = setImmediate(function look() {
    void readTrail(underTest.store).then((trail) => leftAtTurns.push(trail.length))
    turn = setImmediate(look)
  })
  expect(await purged).toBe(3000)
  clearImmediate(turn)
  expect(leftAtTurns.length).toBeGreaterThanOrEqual(3)
})
