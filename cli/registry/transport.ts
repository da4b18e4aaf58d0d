import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { exchange, type HttpRequest, type HttpResponse } from '../http/exchange.ts'
import type { Authorization, Scopes } from './authorization.ts'
import { createTries, isPassingFailure, isPassingStatus } from './retry.ts'

/** A request to a registry, without what all of them have in common. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As in `/v2/acme/web/tags/list`, or the place that the registry has named. */
  readonly target: string | URL
  readonly scopes: Scopes
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: HttpRequest['body']
  /** See {@link HttpRequest}. */
  readonly silenceMs?: number
}

/** Requests to one registry, as one user or nobody. */
export interface RegistryTransport {
  readonly url: URL
  readonly signal: AbortSignal | undefined
  readonly isKnown: boolean
  /**
   * Sends a request; every status that is not passing is an answer. Shows a credential when asked for one, follows
   * redirects of GET and HEAD, and tries again after what may pass. A stream is sent once: only who made it can tell
   * where to go on.
   * @throws CliError `network` when there is no answer, `rateLimited` when the registry goes on saying "not now".
   */
  send(request: RegistryRequest): Promise<HttpResponse>
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 5

export function createTransport(options: {
  readonly url: URL
  readonly authorization: Authorization
  readonly signal?: AbortSignal | undefined
}): RegistryTransport {
  const { url, authorization, signal } = options
  let hasAnswered = false

  /** One try, with a second one when the registry wants to know who asks. */
  async function sendOnce(request: RegistryRequest): Promise<HttpResponse> {
    const target = placeOf(request.target)
    const sent = target.host === url.host ? await authorization.headerFor(request.scopes) : undefined
    const response = await sendTo(target, request, sent)
    hasAnswered = true
    if (response.status !== 401 || target.host !== url.host || isStream(request.body)) return response
    if (!(await authorization.learn(response.headers['www-authenticate'], request.scopes, sent))) return response
    response.body.resume()
    return sendTo(target, request, await authorization.headerFor(request.scopes))
  }

  function sendTo(target: URL, request: RegistryRequest, header: string | undefined): Promise<HttpResponse> {
    const { method, headers = {}, body, silenceMs } = request
    const own = header === undefined ? {} : { Authorization: header }
    return exchange({
      method,
      url: target,
      headers: { ...headers, ...own },
      ...(body !== undefined && { body }),
      signal,
      silenceMs,
    })
  }

  /** Blobs often lie elsewhere, where nobody may see who asked for them. */
  async function follow(request: RegistryRequest, first: HttpResponse): Promise<HttpResponse> {
    let response = first
    let from = placeOf(request.target)
    for (let count = 0; REDIRECTS.has(response.status); count += 1) {
      const { location } = response.headers
      const next = location === undefined ? null : URL.parse(location, from.href)
      response.body.resume()
      if (next === null || count === MAX_REDIRECTS || !isSafe(from, next)) {
        throw new CliError(`${url.host} redirects in a way that cannot be followed`, { exitCode: EXIT.network })
      }
      const header = next.host === url.host ? await authorization.headerFor(request.scopes) : undefined
      response = await sendTo(next, request, header)
      from = next
    }
    return response
  }

  /** A place that a registry names by its plain address, although it is behind TLS, is meant behind TLS. */
  function placeOf(target: string | URL): URL {
    const place = new URL(target, url)
    if (place.hostname === url.hostname && place.protocol !== url.protocol) {
      place.protocol = url.protocol
      place.host = url.host
    }
    return place
  }

  return {
    url,
    signal,
    isKnown: authorization.isKnown,
    async send(request) {
      const tries = createTries(signal)
      while (true) {
        try {
          const answer = await sendOnce(request)
          const isRead = request.method === 'GET' || request.method === 'HEAD'
          const response = isRead ? await follow(request, answer) : answer
          if (!isPassingStatus(response.status) || isStream(request.body)) return response
          if (!(await tries.again(response.headers['retry-after']))) return response
          response.body.resume()
        } catch (error) {
          // One that never answered is rather not there than being restarted.
          if (!hasAnswered || isStream(request.body) || !isPassingFailure(error) || !(await tries.again())) throw error
        }
      }
    },
  }
}

function isStream(body: RegistryRequest['body']): boolean {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
}

function isSafe(from: URL, to: URL): boolean {
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
}
