import type { Response } from 'express'
import { RegistryError } from '../../oci/error-codes.ts'
import { storageRefusal } from '../../storage/storage-refusal.ts'

/** A refusal on the API, in RFC 9457's form with the registry's own codes. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  /** Members beyond the standard ones, such as which field of the body is wrong. */
  readonly extensions: Readonly<Record<string, unknown>>
  /** Headers that belong to the refusal, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    extensions: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.extensions = extensions
    this.headers = headers
  }
}

/** What is not there, or not for this caller: the two look the same (I5). */
export function notFound(what: string): Problem {
  return new Problem(404, 'NOT_FOUND', `there is no ${what}, or you may not see it`)
}

/** What the API says of an error; anything unforeseen is a fault of ours, of which the client learns the request's id. */
export function toProblem(error: unknown, requestId: string): Problem {
  if (error instanceof Problem) return error
  const refusal = error instanceof RegistryError ? error : storageRefusal(error)
  if (refusal !== undefined) return new Problem(refusal.status, refusal.code, refusal.message, {}, refusal.headers)
  if (error instanceof URIError) {
    const message = 'a part of the path is not percent-encoded UTF-8; write a % itself as %25'
    return new Problem(400, 'PATH_INVALID', message)
  }
  if (isBodyError(error)) return new Problem(error.status, 'BODY_INVALID', `the body cannot be read: ${error.message}`)
  return new Problem(
    500,
    'UNKNOWN',
    `something went wrong in the registry; its log has more under request ${requestId}`,
  )
}

/** Sends a problem. */
export function sendProblem(response: Response, problem: Problem, requestId: string): void {
  const { status, code, message, extensions, headers } = problem
  const body = JSON.stringify({ type: 'about:blank', title: code, status, detail: message, requestId, ...extensions })
  response
    .status(status)
    .set({ ...headers, 'Content-Type': 'application/problem+json' })
    .end(body)
}

/** The errors of Express' body parser: the client's, not ours. */
function isBodyError(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500
}
