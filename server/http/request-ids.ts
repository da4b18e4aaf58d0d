import { randomBytes } from 'node:crypto'

/** Makes names for requests: unique over restarts by a random beginning, cheap by a counter behind it. */
export function createRequestIds(): () => string {
  const prefix = randomBytes(6).toString('base64url')
  let count = 0
  return () => {
    count += 1
    return `${prefix}-${count.toString(36)}`
  }
}
