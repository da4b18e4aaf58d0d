import { expect } from 'vitest'
import type { OciResponse } from './exchange.ts'

const SHOWN_CHARACTERS = 500

/** Fails with the whole exchange in the message unless the answer has one of the statuses. */
export function expectStatus(response: OciResponse, ...statuses: readonly number[]): void {
  expect(statuses, describeExchange(response)).toContain(response.status)
}

/** One exchange in a few lines, for messages. */
export function describeExchange({ request, status, headers, body }: OciResponse): string {
  const sent = request.headers?.['Content-Range'] ?? request.headers?.['Range']
  const range = sent === undefined ? '' : ` (${sent})`
  const isText = /json|text/.test(headers['content-type'] ?? '')
  const text = isText ? body.subarray(0, SHOWN_CHARACTERS).toString() : `(${body.length} bytes)`
  return `${request.method} ${request.url}${range} → ${status} ${JSON.stringify(headers)} ${text}`
}

/** The `Location` of an answer. */
export function locationOf(response: OciResponse): URL {
  const { location } = response.headers
  expect(location, `Location of ${describeExchange(response)}`).toBeTruthy()
  return new URL(location ?? '', response.request.url)
}
