import { expect, test } from 'vitest'
import { SharedSync } from '../../../storage/shared-sync.ts'

/** A shared sync whose syncs end when they are told to. */
function openSharedSync() {
  const started: { end(): void; fail(error: Error): void }[] = []
  let atOnce = 0
  const sync = new SharedSync(async () => {
    atOnce += 1
    expect(atOnce).toBe(1)
    try {
      await new Promise<void>((end, fail) => started.push({ end, fail }))
    } finally {
      atOnce -= 1
    }
  })
  return { sync, started }
}

test('S59: whoever comes while a sync is under way waits for the next, which all who have come meanwhile share', async () => {
  const { sync, started } = openSharedSync()
  const answered: string[] = []
  const wait = (who: string) => sync.run().then(() => void answered.push(who))
  const all = [wait('first'), wait('second'), wait('third')]
  expect(started).toHaveLength(1)
  started[0]?.end()
  await all[0]
  expect(answered).toEqual(['first'])
  expect(started).toHaveLength(2)
  all.push(wait('fourth'))
  started[1]?.end()
  await Promise.all(all.slice(0, 3))
  expect(answered).toEqual(['first', 'second', 'third'])
  expect(started).toHaveLength(3)
  started[2]?.end()
  await all[3]
})

test('a sync that fails is told to all who wait for it, and to nobody who waits for the next', async () => {
  const { sync, started } = openSharedSync()
  const first = sync.run()
  const [second, third] = [sync.run(), sync.run()]
  started[0]?.fail(new Error('EIO'))
  await expect(first).rejects.toThrow('EIO')
  started[1]?.end()
  await expect(Promise.all([second, third])).resolves.toBeDefined()
})

test('it is idle once the last sync has ended, also one that fails', async () => {
  const { sync, started } = openSharedSync()
  await sync.idle()
  const [first, second] = [sync.run(), sync.run()]
  const order: string[] = []
  const idle = sync.idle().then(() => void order.push('idle'))
  started[0]?.end()
  await first
  const failed = second.catch(() => void order.push('failed'))
  started[1]?.fail(new Error('EIO'))
  await Promise.all([failed, idle])
  expect(order).toEqual(['failed', 'idle'])
  await expect(sync.idle()).resolves.toBeUndefined()
})
