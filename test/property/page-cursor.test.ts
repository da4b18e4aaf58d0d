import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type CursorState,
  countAt,
  formatCursor,
  MAX_CURSOR_LENGTH,
  parseCursor,
  textAt,
} from '../../server/search/cursor.ts'
import { SearchRefusal } from '../../server/search/search-refusal.ts'
import { openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { check, checkAsync } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS } from './grammar.ts'

const state: fc.Arbitrary<CursorState> = fc.array(fc.oneof(fc.maxSafeInteger(), fc.string({ maxLength: 30 })), {
  maxLength: 5,
})

function readOrRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SearchRefusal && error.code === 'PAGE_INVALID') return undefined
    throw error
  }
}

test('a page goes on where it ended, for its own search and for no other', () => {
  check(
    fc.property(state, anyText, anyText, (values, search, other) => {
      const text = formatCursor(search, values)
      fc.pre(text.length <= MAX_CURSOR_LENGTH && search !== other)
      expect(parseCursor(search, text)).toEqual(values)
      expect(readOrRefused(() => parseCursor(other, text))).toBeUndefined()
    }),
  )
})

test('any text is refused, and any list that somebody made is one of counts and texts', () => {
  const made = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'))
  check(
    fc.property(fc.oneof(anyText, made), (text) => {
      expect(readOrRefused(() => parseCursor('a search', text))).toBeUndefined()
    }),
  )
  check(
    fc.property(fc.array(fc.oneof(fc.double(), fc.string(), fc.maxSafeInteger())), fc.nat(6), (values, index) => {
      const count = readOrRefused(() => countAt(values, index))
      if (count !== undefined) expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
      expect(['string', 'undefined']).toContain(typeof readOrRefused(() => textAt(values, index)))
    }),
  )
})

let server: TestServer

beforeAll(async () => {
  server = await openTestServer()
  for (const name of ['acme/web', 'acme/web-api', 'acme/web-ui']) await pushImage(server.admin, name, { tag: 'v1' })
  await pushImage(server.admin, 'acme/web', { tag: 'v2', content: 'another' })
})
afterAll(() => server.close())

/** The searches that have a second page, with the list that leads to it. */
async function cursors(): Promise<readonly { readonly search: string; readonly list: readonly unknown[] }[]> {
  const searches = ['q=web&type=repository', 'q=acme&type=tag', 'q=v&type=tag', 'q=web&type=tag']
  const answers = await Promise.all(searches.map((search) => server.admin.get(`/api/v1/search?${search}&limit=1`)))
  return answers.flatMap(({ body }, index) => {
    const { next }: { next?: unknown } = body
    if (typeof next !== 'string') return []
    return [{ search: searches[index] ?? '', list: JSON.parse(Buffer.from(next, 'base64url').toString()) }]
  })
}

test('S27: whoever makes up where a page starts is answered or refused: nothing fails', async () => {
  const known = await cursors()
  expect(known.length).toBeGreaterThan(1)
  const values = fc.oneof(
    fc.constantFrom(-1, 0, 1, 1.5, 2 ** 53, -(2 ** 53), 1e308, null, '', 'words', '\0', '\ud800', '__proto__', []),
    fc.double(),
    fc.string(),
  )
  const changes = fc.array(
    fc.record({ at: fc.nat(8), removed: fc.nat(2), inserted: fc.array(values, { maxLength: 2 }) }),
    { maxLength: 3 },
  )
  await checkAsync(
    fc.asyncProperty(fc.constantFrom(...known), changes, async ({ search, list }, all) => {
      // The first is what the search is known by: with another, nothing else is looked at.
      const rest = all.reduce(
        (left, { at, removed, inserted }) => left.toSpliced(at, removed, ...inserted),
        list.slice(1),
      )
      const after = Buffer.from(JSON.stringify([list[0], ...rest])).toString('base64url')
      const { status } = await server.admin.get(`/api/v1/search?${search}&limit=1&after=${after}`)
      expect([200, 400]).toContain(status)
    }),
    { numRuns: 100 },
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are refused as a page within 5 ms (S33)', (_, text) => {
  expect(bestMs(() => readOrRefused(() => parseCursor('a search', text)))).toBeLessThan(5)
})
