import { parentPort, workerData } from 'node:worker_threads'
import { openSqliteSearchStores } from '../storage/metadata/sqlite/sqlite-search-stores.ts'
import { createSearchAnswers } from './api/answer-search.ts'
import { createSearch } from './search/search.ts'
import { answerQuestion, handedOver, type Question } from './search/search-messages.ts'

/**
 * The program of a thread that searches (search/search-threads.ts): with a connection of its own, which reads what has
 * been committed when a question's turn comes, and writes nothing.
 */
const path: unknown = workerData
if (typeof path !== 'string') throw new Error('a thread that searches is started with the path of the database')
const now = Date.now
const stores = openSqliteSearchStores({ path, now })
const search = createSearchAnswers({ search: createSearch({ ...stores, now }), now })

async function answer(question: Question): Promise<void> {
  const answered = await stores.readAtOnce(() => answerQuestion(search, question))
  parentPort?.postMessage(answered, handedOver(answered))
}

let last: Promise<void> = Promise.resolve()
parentPort?.on('message', (question: Question) => {
  // One after another: they share a connection, and with it what a question's turn has begun to read.
  last = last.then(() => answer(question))
})
