import type { SearchAnswers } from './search-answers.ts'
import type { Answer, Question } from './search-messages.ts'
import { SearchRefusal } from './search-refusal.ts'

/** A thread that answers questions, as `Worker` of `node:worker_threads` is one. */
export interface SearchThread {
  postMessage(question: Question): void
  on(event: 'message', listen: (answer: Answer) => void): unknown
  on(event: 'error', listen: (error: Error) => void): unknown
  on(event: 'exit', listen: () => void): unknown
  terminate(): Promise<unknown>
}

/** A search in threads of its own. */
export interface SearchThreads extends SearchAnswers {
  /** Ends the threads; what is still asked fails. */
  close(): Promise<void>
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

interface Running {
  readonly thread: SearchThread
  readonly waiting: Map<number, Waiting>
}

/**
 * Searches in other threads, so that what takes milliseconds at a million repositories holds up no push and no pull. A
 * thread is started when there is a question and all others are busy; one that has failed is replaced at the next question.
 * @param options.count the most threads.
 */
export function createSearchThreads(options: {
  readonly startThread: () => SearchThread
  readonly count: number
}): SearchThreads {
  const { startThread, count } = options
  const running = new Set<Running>()
  let lastId = 0
  let isClosed = false

  function start(): Running {
    const started: Running = { thread: startThread(), waiting: new Map() }
    const { thread, waiting } = started
    function fail(error: Error): void {
      running.delete(started)
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
    thread.on('message', (answer) => {
      const asked = waiting.get(answer.id)
      waiting.delete(answer.id)
      if (asked !== undefined) settle(asked, answer)
    })
    thread.on('error', fail)
    thread.on('exit', () => fail(new Error('the thread that searches has ended')))
    running.add(started)
    return started
  }

  /** The thread with the fewest questions; a new one rather than one that is busy. */
  function choose(): Running {
    const [idlest] = [...running].sort((a, b) => a.waiting.size - b.waiting.size)
    if (idlest === undefined || (idlest.waiting.size > 0 && running.size < count)) return start()
    return idlest
  }

  function ask<Method extends keyof SearchAnswers>(
    method: Method,
    ...parameters: Parameters<SearchAnswers[Method]>
  ): ReturnType<SearchAnswers[Method]> {
    lastId += 1
    // Of one method's parameters TypeScript does not see that they belong to that method.
    const question = { id: lastId, method, parameters } as Question
    const answer = new Promise((resolve, reject) => {
      if (isClosed) throw new Error('the search has been closed')
      const { thread, waiting } = choose()
      waiting.set(question.id, { resolve, reject })
      thread.postMessage(question)
    })
    // What comes back is what the method of the other thread's search has returned.
    return answer as ReturnType<SearchAnswers[Method]>
  }

  return {
    page: (...parameters) => ask('page', ...parameters),
    repositories: (...parameters) => ask('repositories', ...parameters),
    hasPrivateRepositories: () => ask('hasPrivateRepositories'),
    async close() {
      isClosed = true
      await Promise.all([...running].map(({ thread }) => thread.terminate()))
    },
  }
}

function settle({ resolve, reject }: Waiting, answer: Answer): void {
  if (answer.kind === 'found') resolve(answer.value)
  else if (answer.kind === 'refused') reject(new SearchRefusal(answer.code, answer.message))
  else reject(new Error(`the search failed: ${answer.message}`))
}
