import { Problem } from './problem.ts'

/** The answer to whoever tries too often. */
export function tooManyTries(what: string, retryAfterSeconds: number): Problem {
  const message = `too many ${what}; try again in ${retryAfterSeconds} seconds`
  return new Problem(429, 'TOOMANYREQUESTS', message, {}, { 'Retry-After': String(retryAfterSeconds) })
}
