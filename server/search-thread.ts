import { parentPort, workerData } from 'node:worker_threads'
import { openSqliteSearchStores } from '../storage/metadata/sqlite/sqlite-search-stores.ts'
import { createSearch } from './search/search.ts'
import { answerQuestion, type Question } from './search/search-messages.ts'

/**
 * The program of a thread that searches (search/search-threads.ts): with a connection of its own, which reads what has
 * been committed when a statement starts, and writes nothing.
 */
const path: unknown = workerData
if (typeof path !== 'string') throw new Error('a thread that searches is started with the path of the database')
const search = createSearch({ ...openSqliteSearchStores({ path, now: Date.now }), now: Date.now })
parentPort?.on('message', async (question: Question) => {
  parentPort?.postMessage(await answerQuestion(search, question))
})
