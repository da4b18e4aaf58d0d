import { expect, test } from 'vitest'
import { createUploadLocks } from '../../../server/registry/upload-locks.ts'

/** Work that ends when the test says so. */
function createWork() {
  let end = (_: 'well' | 'badly') => {}
  let hasBegun = false
  const ended = new Promise<void>((resolve, reject) => {
    end = (how) => (how === 'well' ? resolve() : reject(new Error('badly')))
  })
  return {
    end: (how: 'well' | 'badly' = 'well') => end(how),
    hasBegun: () => hasBegun,
    run() {
      hasBegun = true
      return ended
    },
  }
}

/** Lets everything happen that can happen now. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('what one piece of work gives is what the caller gets', async () => {
  const locks = createUploadLocks()
  expect(await locks.hold('a', async () => 7)).toBe(7)
  await expect(locks.hold('a', () => Promise.reject(new Error('badly')))).rejects.toThrow('badly')
})

test('of one session one piece of work is done after the other, in the order they came (S41)', async () => {
  const locks = createUploadLocks()
  const works = [createWork(), createWork(), createWork()]
  const done: number[] = []
  const held = works.map((work, index) => locks.hold('a', work.run).then(() => done.push(index)))
  await settle()
  expect(works.map((work) => work.hasBegun())).toEqual([true, false, false])
  works[2]?.end()
  works[1]?.end()
  await settle()
  expect(done).toEqual([])
  works[0]?.end()
  await Promise.all(held)
  expect(done).toEqual([0, 1, 2])
})

test('sessions do not wait for each other (I8)', async () => {
  const locks = createUploadLocks()
  const [slow, quick] = [createWork(), createWork()]
  const first = locks.hold('a', slow.run)
  quick.end()
  await locks.hold('b', quick.run)
  slow.end()
  await first
})

test('work that fails does not keep the next from its turn, nor does its error reach it', async () => {
  const locks = createUploadLocks()
  const [bad, good] = [createWork(), createWork()]
  const first = locks.hold('a', bad.run)
  const second = locks.hold('a', good.run)
  bad.end('badly')
  await expect(first).rejects.toThrow('badly')
  good.end()
  await expect(second).resolves.toBeUndefined()
  await expect(locks.hold('a', async () => 'later')).resolves.toBe('later')
})

test('who comes when a session is free does not wait', async () => {
  const locks = createUploadLocks()
  await locks.hold('a', async () => {})
  const work = createWork()
  const held = locks.hold('a', work.run)
  expect(work.hasBegun()).toBe(true)
  work.end()
  await held
})
