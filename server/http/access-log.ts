import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import type { Metrics } from './metrics.ts'
import type { RequestContext } from './request-context.ts'

/** nginx's word for "the client closed the connection before the answer was complete". */
const CLIENT_GONE = 499

/** Health checks and scrapes come every few seconds and say nothing. */
const QUIET_ROUTES: ReadonlySet<string> = new Set(['livez', 'readyz', 'metrics'])

/** Follows a request to its end, counts it, and leaves a line in the log. */
export function followRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
  deps: { readonly log: Log | undefined; readonly metrics: Metrics },
): void {
  const { log, metrics } = deps
  const method = request.method ?? ''
  metrics.requestStarted()
  response.once('close', () => {
    const status = response.writableFinished ? response.statusCode : CLIENT_GONE
    const durationMs = performance.now() - context.startedAt
    metrics.requestEnded(context, method, status, durationMs / 1000)
    log?.[QUIET_ROUTES.has(context.route) ? 'debug' : 'info'](
      {
        event: 'request',
        requestId: context.id,
        route: context.route,
        method,
        path: pathOf(request),
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        address: context.address,
        ...(context.subject === '' ? {} : { subject: context.subject }),
        userAgent: request.headers['user-agent']?.slice(0, 200),
      },
      'request',
    )
  })
}

/** Without the query, which may hold what is nobody's business. */
function pathOf({ url = '' }: IncomingMessage): string {
  const queryStart = url.indexOf('?')
  return (queryStart < 0 ? url : url.slice(0, queryStart)).slice(0, 300)
}
