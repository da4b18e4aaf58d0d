import { request as httpRequest } from 'node:http'

/** An answer to somebody who has nothing to do with the load. */
export interface ProbeAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** Milliseconds from the wish to connect to the last byte. */
  readonly ms: number
}

/** One request on a connection of its own, as a stranger or a supervisor makes it. @throws Error when there is no answer. */
export function probe(
  url: string,
  options: {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Uint8Array
  },
): Promise<ProbeAnswer> {
  const startedAt = performance.now()
  const { method = 'GET', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          ms: performance.now() - startedAt,
        }),
      )
      response.resume()
    })
    request.on('error', reject)
    request.end(body)
  })
}
