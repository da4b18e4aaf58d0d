import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'

/** A registry and who speaks to it. */
export interface RegistryAccess {
  url: string
  username: string
  password: string
  /** The authority to trust over TLS. */
  caFile?: string | undefined
}

/** What the tests do with the registry beside its clients. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** An answer of the registry. */
export interface RegistryAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/**
 * Makes one HTTP request, with the credentials as Basic, and answers whatever comes back. (`fetch` cannot be told
 * which authority to trust.) Throws when no answer comes.
 */
export async function requestRegistry(
  access: RegistryAccess,
  request: { method: Method; path: string; headers?: Record<string, string>; json?: unknown },
): Promise<RegistryAnswer> {
  const url = new URL(request.path, access.url)
  const body = request.json === undefined ? undefined : JSON.stringify(request.json)
  const options = {
    method: request.method,
    auth: `${access.username}:${access.password}`,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...request.headers },
  }
  return await new Promise((resolve, reject) => {
    const sent =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, ca: access.caFile === undefined ? undefined : readFileSync(access.caFile) })
        : httpRequest(url, options)
    sent.once('error', reject)
    sent.once('response', (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
        reject,
      )
    })
    sent.end(body)
  })
}
