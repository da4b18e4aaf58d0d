import type { ServerResponse } from 'node:http'
import type { RequestContext } from './request-context.ts'

/** Clients that are told to come back do so after this, or later by their own rules. */
const RETRY_AFTER_SECONDS = '2'

/** What is wrong, and what the client can do about it. */
const MESSAGES = {
  connections: 'there are more connections than this registry can serve; try again soon, or use fewer at once',
  bodies: 'more is being sent to this registry than it can take; try again soon, or push less at once',
  requests: 'more is being asked of this registry than it can answer; try again soon',
} as const

/** What there is too much of. */
export type Overload = keyof typeof MESSAGES

/**
 * Answers that there is too much to do, at once and without looking at the request: refusing must cost less than serving.
 * @param isApi whether the words are those of the API (RFC 9457), not those of the registry's wire.
 */
export function refuseBusy(
  response: ServerResponse,
  context: RequestContext,
  { reason, isApi }: { readonly reason: Overload; readonly isApi: boolean },
): void {
  const { id } = context
  context.route = 'busy'
  const code = 'UNAVAILABLE'
  const message = MESSAGES[reason]
  const body = JSON.stringify(
    isApi
      ? { type: 'about:blank', title: code, status: 503, detail: message, requestId: id }
      : { errors: [{ code, message }] },
  )
  const headers = {
    'Content-Type': isApi ? 'application/problem+json' : 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Retry-After': RETRY_AFTER_SECONDS,
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': id,
  }
  response.shouldKeepAlive &&= reason !== 'connections'
  response.writeHead(503, headers).end(body)
}
