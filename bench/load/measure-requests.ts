import { checkAnswer, type Expected } from './check-answer.ts'
import type { Connection, RawRequest } from './connection.ts'

/** A request that may be sent any number of times, and what must be answered. */
export interface RepeatableRequest {
  readonly request: RawRequest
  readonly expected: Expected
}

/**
 * Sends requests on all connections at once, each the next as soon as it was answered, in turns.
 * @returns how many were answered a second.
 * @throws Error at the first answer that is not as it should be.
 */
export function measureRequests(
  connections: readonly Connection[],
  requests: readonly RepeatableRequest[],
  seconds: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const endAt = startedAt + seconds * 1000
    let next = 0
    let answered = 0
    let busy = connections.length
    function ask(connection: Connection): void {
      const asked = requests[next++ % requests.length]
      if (asked === undefined) throw new Error('there is nothing to ask')
      connection.send(
        asked.request,
        (answer) => {
          try {
            checkAnswer(answer, asked.expected)
          } catch (error) {
            return reject(error)
          }
          answered += 1
          if (performance.now() < endAt) ask(connection)
          else if (--busy === 0) resolve((answered / (performance.now() - startedAt)) * 1000)
        },
        reject,
      )
    }
    for (const connection of connections) ask(connection)
  })
}
