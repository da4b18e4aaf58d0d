import { expect } from 'vitest'
import type { WireAnswer } from '../push-client.ts'
import type { Write } from './every-write.ts'

/** What a disk that does not do its work is answered with: no room, or a failure that may pass. */
export type RefusalStatus = 503 | 507

const CODES = { 503: 'UNAVAILABLE', 507: 'STORAGE_FULL' } as const

/** Expects a refusal in the words of a door, that says what is wrong and what to do. */
export function expectRefusal(answer: WireAnswer, status: RefusalStatus, door: Write['door']): void {
  const { headers, body } = answer
  expect(`${answer.status} ${body.subarray(0, 300)}`).toMatch(new RegExp(`^${status} `))
  const code = CODES[status]
  const message = expect.stringMatching(/administrator|try again/)
  if (door === 'wire') {
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body.toString())).toEqual({ errors: [{ code, message }] })
  } else {
    expect(headers['content-type']).toBe('application/problem+json')
    expect(JSON.parse(body.toString())).toMatchObject({ title: code, status, detail: message })
  }
  if (status === 503) expect(headers['retry-after']).toMatch(/^\d+$/)
}
