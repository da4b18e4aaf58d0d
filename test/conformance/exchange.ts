import { type Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One request as it goes over the wire; nothing is added to it but `Host` and the framing of the body. */
export interface OciRequest {
  readonly method: Method
  readonly url: URL
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: Uint8Array
  /**
   * `length` announces the body with Content-Length; `chunked` does not, as Go's client sends manifests and streams.
   * Default: `length`.
   */
  readonly framing?: 'length' | 'chunked'
}

/** What came back, with the whole body. */
export interface OciResponse {
  readonly request: OciRequest
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * Sends one request and reads the whole answer; follows no redirect and knows nothing of credentials.
 * @throws Error when the connection breaks before the answer is complete.
 */
export function exchange(agent: Agent, request: OciRequest): Promise<OciResponse> {
  const send = request.url.protocol === 'https:' ? httpsRequest : httpRequest
  const headers: OutgoingHttpHeaders = { ...request.headers }
  if (request.framing === 'chunked') headers['Transfer-Encoding'] = 'chunked'
  else if (request.method !== 'GET' && request.method !== 'HEAD') headers['Content-Length'] = request.body?.length ?? 0
  return new Promise((resolve, reject) => {
    const outgoing = send(request.url, { agent, method: request.method, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({ request, status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(request.body)
  })
}
