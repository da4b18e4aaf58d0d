import { describe, expect, it } from 'vitest'
import { createPace } from '../../../server/scrub/pace.ts'
import { formatBytes, readRate } from '../../../server/scrub/rate.ts'

const MIB = 1024 * 1024

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

describe('a pace', () => {
  it('lets through so many bytes per second, in whatever pieces they come', async () => {
    for (const piece of [MIB, 100_000, 4 * MIB]) {
      const pace = createPace({ signal: new AbortController().signal })
      pace.setRate(40 * MIB)
      const ms = await millisecondsOf(async () => {
        for (let spent = 0; spent < 8 * MIB; spent += piece) await pace.spend(piece)
      })
      // Not earlier; how much later is up to the machine.
      expect(ms).toBeGreaterThan(190)
      expect(ms).toBeLessThan(20_000)
    }
  })

  it('does not make up for time in which nothing was done', async () => {
    const pace = createPace({ signal: new AbortController().signal })
    pace.setRate(10 * MIB)
    await pace.spend(MIB)
    await millisecondsOf(() => new Promise((resolve) => setTimeout(resolve, 150)))
    expect(await millisecondsOf(() => pace.spend(MIB))).toBeGreaterThan(90)
  })

  it('without a limit waits for nothing', async () => {
    const pace = createPace({ signal: new AbortController().signal })
    // At the slowest rate there is it would take a quarter of an hour.
    expect(await millisecondsOf(() => pace.spend(1000 * MIB))).toBeLessThan(20_000)
  })

  it('is left at once when it is to be stopped, and let nobody in afterwards', async () => {
    const stop = new AbortController()
    const pace = createPace({ signal: stop.signal })
    pace.setRate(MIB)
    const waiting = pace.spend(100 * MIB)
    stop.abort()
    await expect(waiting).rejects.toThrow(/abort/i)
    await expect(pace.spend(1)).rejects.toThrow(/abort/i)
  })
})

describe('a rate', () => {
  it.each([
    ['50MiB/s', 50 * MIB],
    ['50MiB', 50 * MIB],
    ['1.5 GiB/s', 1.5 * 1024 * MIB],
    ['100MB/s', 100_000_000],
    ['2048kib/s', 2 * MIB],
  ])('%s is %i bytes per second', (text, bytesPerSecond) => {
    expect(readRate(text)).toEqual({ kind: 'limited', bytesPerSecond })
  })

  it('may be unlimited', () => {
    expect(readRate('unlimited')).toEqual({ kind: 'unlimited' })
  })

  it.each([
    '',
    '50',
    'fast',
    '-5MiB',
    '0MiB/s',
    '1KiB/s',
    '50MiB/h',
    '1e9MiB',
    '50 MiB/s later',
    'MiB/s',
    '9999999GiB',
  ])('%j is none', (text) => {
    expect(readRate(text)).toBeUndefined()
  })

  it('and sizes are said for people', () => {
    expect([0, 1, 1023, 1024, 1536, 5 * MIB, 3 * 1024 * MIB, 2 ** 50].map(formatBytes)).toEqual([
      '0 bytes',
      '1 bytes',
      '1023 bytes',
      '1.0 KiB',
      '1.5 KiB',
      '5.0 MiB',
      '3.0 GiB',
      '1024.0 TiB',
    ])
  })
})
