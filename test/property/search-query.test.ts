import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseQuery } from '../../server/search/parse-query.ts'
import { QUALIFIERS } from '../../server/search/search-query.ts'
import { SearchRefusal } from '../../server/search/search-refusal.ts'
import { openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { check, checkAsync } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS } from './grammar.ts'
import { percentEncoded } from './percent-encoded.ts'

let server: TestServer

beforeAll(async () => {
  server = await openTestServer()
  for (const name of ['library/nginx', 'acme/web-frontend']) await pushImage(server.admin, name, { tag: 'v1' })
  const description = 'Web server, "quoted" * NEAR(x) データ ☃'
  await server.admin.patch('/api/v1/repositories/library%2Fnginx').send({ description }).expect(200)
})
afterAll(() => server.close())

/** What means something to SQL, to FTS5, to expressions, to paths, or to whoever reads from right to left. */
const PIECES = [
  ...[
    '"',
    "'",
    '*',
    'NEAR(',
    'NEAR(a b, 2)',
    ' AND ',
    ' OR ',
    ' NOT ',
    '-',
    '+',
    '^',
    '{',
    '}',
    '(',
    ')',
    ':',
    '\\',
    '%',
  ],
  ...[
    '_',
    ';--',
    '\0',
    '\u0001',
    '\u202e',
    '\ufeff',
    '\ud800',
    '\udc00',
    '🚀',
    '👩‍👩‍👧',
    'é',
    'e\u0301\u0301',
    'ß',
    'İ',
    'ﷺ',
    '数据',
  ],
  ...[
    'デ',
    'שלום',
    'مرحبا',
    '½',
    '𝔘',
    'name:',
    'rowid:',
    'facet : ',
    '{name label} : ',
    '..',
    '/',
    '@sha256:',
    ' ',
    '\n',
  ],
  ...[
    'nginx',
    'web',
    'n',
    '1.25',
    '__proto__',
    'constructor',
    ...QUALIFIERS.map((qualifier) => `${qualifier}:`),
    '>',
    '<=',
  ],
]

const hostileText = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  anyText,
)

test('S27: no text breaks the reading of a query, and what comes out is bounded', () => {
  check(
    fc.property(hostileText, (text) => {
      try {
        const query = parseQuery(text, { now: Date.now(), origin: 'http://localhost:5000' })
        expect(query.words.length).toBeLessThanOrEqual(12)
        for (const word of [...query.words, query.key]) expect(word).toMatch(/^[\p{L}\p{N}]*$/u)
      } catch (error) {
        if (!(error instanceof SearchRefusal)) throw error
        expect(error.message.length).toBeLessThan(400)
      }
    }),
    { numRuns: 3_000 },
  )
})

test('S33: a hostile query costs as little as any', () => {
  for (const [description, text] of HOSTILE_TEXTS) {
    const work = () => {
      try {
        parseQuery(text.slice(0, 500), { now: 0, origin: 'http://localhost' })
      } catch (error) {
        if (!(error instanceof SearchRefusal)) throw error
      }
    }
    expect(bestMs(work), description).toBeLessThan(5)
  }
})

test('S27: whatever is searched for, by whatever door, is found or refused: nothing fails', async () => {
  const types = fc.constantFrom('repository', 'tag', 'organization', 'user')
  await checkAsync(
    fc.asyncProperty(hostileText, types, fc.option(anyText, { freq: 10 }), async (q, type, after) => {
      const text = percentEncoded(q)
      const page = after === null ? '' : `&after=${percentEncoded(after.slice(0, 50))}`
      const hub = await fetch(`${server.url}/api/v1/search?q=${text}&type=${type}${page}`)
      expect([200, 400]).toContain(hub.status)
      expect(hub.headers.get('content-type')).toContain('json')
      await hub.body?.cancel()
      const docker = await fetch(`${server.url}/v1/search?q=${text}`)
      expect(docker.status).toBe(200)
      await docker.body?.cancel()
    }),
    { numRuns: 1_000 },
  )
})
