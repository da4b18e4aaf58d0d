import type { IncomingMessage, ServerResponse } from 'node:http'
import { RegistryError } from '../../oci/error-codes.ts'
import { storageRefusal } from '../../storage/storage-refusal.ts'
import { isClientGone } from '../http/body-writer.ts'
import { crossSiteRefusal, isCrossSite } from '../http/cross-site.ts'
import { drainRequest } from '../http/drain-request.ts'
import type { ReportFault, RequestContext } from '../http/request-context.ts'
import { respond } from './exchange.ts'

/** After a refusal the rest of a body is read and thrown away, up to this many bytes; then the connection is cut. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024

/** A body announced to be no larger is read before it is refused: as much as servers in Go wait for. */
const MAX_AWAITED_BYTES = 256 * 1024

/**
 * Refuses what a page of another site makes a browser send.
 * @throws RegistryError DENIED
 */
export function requireOwnSite(request: IncomingMessage, { origin }: RequestContext): void {
  if (isCrossSite(request, origin)) throw new RegistryError('DENIED', { message: crossSiteRefusal(origin) })
}

/** The answer to one who tried too many wrong passwords, or whose name somebody else tries them on. */
export function throttled(retryAfterSeconds: number): RegistryError {
  return new RegistryError('TOOMANYREQUESTS', {
    message: `too many wrong passwords; try again in ${retryAfterSeconds} seconds`,
    headers: { 'Retry-After': String(retryAfterSeconds) },
  })
}

/** Renders whatever ended a request, once, as the wire wants it. */
export function respondToError(
  error: unknown,
  exchange: {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly context: RequestContext
    readonly reportFault: ReportFault
  },
): void {
  const { request, response, context, reportFault } = exchange
  if (isClientGone(error) || response.destroyed) {
    response.destroy()
    return
  }
  const refusal = toRegistryError(error, context.id)
  if (refusal.status >= 500) reportFault(refusal.cause ?? refusal, context)
  // The head is out: only a broken connection can still say that the rest will not come.
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = errorEnvelope(refusal)
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))]
  for (const [name, value] of Object.entries(refusal.headers)) headers.push(name, value)
  afterSmallBody(request, () => {
    respond({ response, context }, refusal.status, headers, request.method === 'HEAD' ? undefined : body)
    drainRequest(request, MAX_DRAINED_BYTES)
  })
}

/**
 * Lets a client finish a small body, a manifest mostly, before it is refused: containerd, when told earlier, says as
 * often as not that a pipe was closed, instead of why (containerd#7972).
 */
function afterSmallBody(request: IncomingMessage, answer: () => void): void {
  const isAwaited = !request.complete && Number(request.headers['content-length']) <= MAX_AWAITED_BYTES
  if (!isAwaited) {
    answer()
    return
  }
  // Also when it ends early: answering a connection that is gone does nothing.
  request.once('close', answer)
  request.resume()
}

/** The body of a refusal (distribution-spec, Error Codes). */
function errorEnvelope({ code, message, detail }: RegistryError): string {
  return JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] })
}

/** Anything that is no refusal is a fault of ours: the client learns the request's id, the log the cause. */
function toRegistryError(error: unknown, requestId: string): RegistryError {
  if (error instanceof RegistryError) return error
  return (
    storageRefusal(error) ??
    new RegistryError('UNKNOWN', {
      message: `something went wrong in the registry; its log has more under request ${requestId}`,
      detail: { requestId },
      cause: error,
    })
  )
}
