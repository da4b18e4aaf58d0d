import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { parseDigest } from '../../../oci/digest.ts'
import { contentHeaders, IMMUTABLE, isNotModified } from '../../../server/distribution/conditional.ts'

const DIGEST = parseDigest(`sha256:${'a'.repeat(64)}`)
const OTHER = parseDigest(`sha256:${'b'.repeat(64)}`)

/** A request with a condition, as Node's parser hands it over. */
function requestWith(condition?: string): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  if (condition !== undefined) request.headers['if-none-match'] = condition
  return request
}

test('content is known by its digest, which is a strong validator', () => {
  expect(contentHeaders(DIGEST)).toEqual(['Docker-Content-Digest', DIGEST, 'ETag', `"${DIGEST}"`])
})

test.each([
  ['quoted', `"${DIGEST}"`],
  ['without quotes, as some clients write it', DIGEST],
  ['among others', `"${OTHER}", "${DIGEST}"`],
  ['between spaces', `  "${DIGEST}"  `],
])('a client has this content already if it names it %s', (_, condition) => {
  expect(isNotModified(requestWith(condition), DIGEST)).toBe(true)
})

test.each([
  ['nothing', undefined],
  ['an empty condition', ''],
  ['another digest', `"${OTHER}"`],
  ['anything, as Express would have it', '*'],
  ['a part of it', `"${DIGEST.slice(0, -1)}"`],
  ['it in capitals', `"${DIGEST.toUpperCase()}"`],
  ['commas', ',,,'],
])('a client that names %s gets the content', (_, condition) => {
  expect(isNotModified(requestWith(condition), DIGEST)).toBe(false)
})

test('a condition as long as a header may be is read in no time', () => {
  // The best of three: a busy machine may keep one of them waiting, a slow reading would slow down all.
  const times = [1, 2, 3].map(() => {
    const startMs = performance.now()
    for (const part of [',', '"', '" ,', `"${OTHER}",`]) {
      expect(isNotModified(requestWith(part.repeat(60_000 / part.length)), DIGEST)).toBe(false)
    }
    return performance.now() - startMs
  })
  expect(Math.min(...times)).toBeLessThan(250)
})

test('what is addressed by digest may be kept for ever, and repacked by nobody (PULL-4)', () => {
  expect(IMMUTABLE.split(', ')).toEqual(expect.arrayContaining(['private', 'immutable', 'no-transform']))
})
