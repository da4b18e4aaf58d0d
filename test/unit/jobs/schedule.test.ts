import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Job, startJobs } from '../../../server/jobs/schedule.ts'

const SECOND_MS = 1000

/** Lines of the log, as they are written. */
let lines: Record<string, unknown>[]
let jobs: ReturnType<typeof startJobs> | undefined

const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) })

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
})

afterEach(async () => {
  await jobs?.stop()
  jobs = undefined
  vi.useRealTimers()
})

function start(...started: Job[]): void {
  jobs = startJobs(started, log)
}

test('a job runs when its time has come, and again and again', async () => {
  const run = vi.fn(async () => {})
  start({ name: 'sweep', everyMs: 10 * SECOND_MS, run })
  await vi.advanceTimersByTimeAsync(9999)
  expect(run).toHaveBeenCalledTimes(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(run).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(30 * SECOND_MS)
  expect(run).toHaveBeenCalledTimes(4)
})

test('jobs do not wait for each other', async () => {
  const [slow, quick] = [vi.fn(() => new Promise<void>(() => {})), vi.fn(async () => {})]
  const started = startJobs(
    [
      { name: 'slow', everyMs: SECOND_MS, run: slow },
      { name: 'quick', everyMs: SECOND_MS, run: quick },
    ],
    log,
  )
  await vi.advanceTimersByTimeAsync(5 * SECOND_MS)
  expect(slow).toHaveBeenCalledTimes(1)
  expect(quick).toHaveBeenCalledTimes(5)
  void started.stop()
})

test('a job never runs beside itself: its pause begins when it ends', async () => {
  let finish = () => {}
  const run = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  start({ name: 'slow', everyMs: SECOND_MS, run })
  await vi.advanceTimersByTimeAsync(60 * SECOND_MS)
  expect(run).toHaveBeenCalledTimes(1)
  finish()
  await vi.advanceTimersByTimeAsync(999)
  expect(run).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(run).toHaveBeenCalledTimes(2)
  finish()
})

test.each([
  ['rejects', () => Promise.reject(new Error('no room'))],
  [
    'throws',
    () => {
      throw new Error('no room')
    },
  ],
])('a job that %s is logged, and runs again at its next turn', async (_, fail) => {
  const run = vi.fn<Job['run']>(async () => {})
  run.mockImplementationOnce(fail)
  start({ name: 'sweep', everyMs: SECOND_MS, run })
  await vi.advanceTimersByTimeAsync(SECOND_MS)
  expect(lines).toMatchObject([{ level: 50, event: 'job.failed', job: 'sweep', err: { message: 'no room' } }])
  await vi.advanceTimersByTimeAsync(SECOND_MS)
  expect(run).toHaveBeenCalledTimes(2)
  expect(lines).toHaveLength(1)
})

test('once stopped, no job runs any more', async () => {
  const run = vi.fn(async () => {})
  start({ name: 'sweep', everyMs: SECOND_MS, run })
  await vi.advanceTimersByTimeAsync(SECOND_MS)
  await jobs?.stop()
  await vi.advanceTimersByTimeAsync(60 * SECOND_MS)
  expect(run).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('stopping waits for the job that is running, and starts it no more', async () => {
  let finish = () => {}
  const run = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  start({ name: 'slow', everyMs: SECOND_MS, run })
  await vi.advanceTimersByTimeAsync(SECOND_MS)
  let isStopped = false
  const stopping = jobs?.stop().then(() => {
    isStopped = true
  })
  await vi.advanceTimersByTimeAsync(SECOND_MS)
  expect(isStopped).toBe(false)
  finish()
  await stopping
  await vi.advanceTimersByTimeAsync(60 * SECOND_MS)
  expect(run).toHaveBeenCalledTimes(1)
})

test('waiting jobs do not keep the process alive', () => {
  vi.useRealTimers()
  const timersAlive = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = timersAlive()
  start({ name: 'sweep', everyMs: 3_600_000, run: async () => {} })
  expect(timersAlive()).toBe(before)
})
