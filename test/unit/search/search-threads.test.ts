import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { parseQuery } from '../../../server/search/parse-query.ts'
import { createSearchThreads, type SearchThread, type SearchThreads } from '../../../server/search/search-threads.ts'

const QUERY = parseQuery('web', { now: 0, origin: 'http://localhost' })
const PAGE = { limit: 10, after: undefined }

let opened: SearchThreads | undefined
afterEach(() => opened?.close())

/** Threads that run a program instead of a search; `answer(value)` in it answers the question. */
function threadsOf(program: string, count = 1): SearchThreads & { readonly started: () => number } {
  let started = 0
  const startThread = (): SearchThread => {
    started += 1
    const prelude = `
      const { parentPort, threadId } = require('node:worker_threads')
      const onQuestion = (listen) => parentPort.on('message', (question) => listen(question, (more) =>
        parentPort.postMessage({ id: question.id, ...more })))
    `
    return new Worker(prelude + program, { eval: true })
  }
  opened = createSearchThreads({ startThread, count })
  return { ...opened, started: () => started }
}

test('no thread is started before there is a question, and no more than are needed', async () => {
  const threads = threadsOf(`onQuestion((_, answer) => answer({ kind: 'found', value: threadId }))`, 3)
  expect(threads.started()).toBe(0)
  for (let round = 0; round < 5; round++) await threads.hasPrivateRepositories()
  expect(threads.started()).toBe(1)
})

test('questions that come together are asked of several threads, up to the most', async () => {
  const threads = threadsOf(`onQuestion((_, answer) => answer({ kind: 'found', value: threadId }))`, 3)
  const answered = await Promise.all(Array.from({ length: 12 }, () => threads.hasPrivateRepositories()))
  expect(new Set(answered).size).toBe(3)
  expect(threads.started()).toBe(3)
})

test('each question gets its own answer, in whatever order they come', async () => {
  const threads = threadsOf(`
    const held = []
    onQuestion((question, answer) => {
      held.push(() => answer({ kind: 'found', value: question.parameters[2].limit }))
      if (held.length === 3) for (const release of held.reverse()) release()
    })`)
  const ask = (limit: number) => threads.repositories({ kind: 'everything' }, QUERY, { limit, after: undefined })
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([1, 2, 3])
})

test('a refusal comes back as one, and another error as one that says what happened', async () => {
  const refusing = threadsOf(
    `onQuestion((_, answer) => answer({ kind: 'refused', code: 'PAGE_INVALID', message: 'no' }))`,
  )
  await expect(refusing.repositories({ kind: 'everything' }, QUERY, PAGE)).rejects.toMatchObject({
    name: 'SearchRefusal',
    code: 'PAGE_INVALID',
    message: 'no',
  })
  await refusing.close()
  const failing = threadsOf(`onQuestion((_, answer) => answer({ kind: 'failed', message: 'disk I/O error' }))`)
  await expect(failing.hasPrivateRepositories()).rejects.toThrow('the search failed: disk I/O error')
})

test.each([
  ['throws', `onQuestion(() => { throw new Error('out of order') })`],
  ['ends', `onQuestion(() => process.exit(1))`],
])('what is asked of a thread that %s fails, and the next question starts another', async (_, program) => {
  const threads = threadsOf(program)
  const asked = [threads.hasPrivateRepositories(), threads.hasPrivateRepositories()]
  for (const answer of asked) await expect(answer).rejects.toThrow(/out of order|has ended/)
  await expect(threads.hasPrivateRepositories()).rejects.toThrow()
  expect(threads.started()).toBe(2)
})

test('what is still asked when the threads are closed fails, and so does what is asked later', async () => {
  const threads = threadsOf(`onQuestion(() => {})`)
  const asked = expect(threads.hasPrivateRepositories()).rejects.toThrow('has ended')
  await threads.close()
  await asked
  await expect(threads.hasPrivateRepositories()).rejects.toThrow('the search has been closed')
})
