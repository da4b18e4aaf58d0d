import fc from 'fast-check'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { basic, pushBlob } from '../support/server.ts'
import { checkAsync } from './check.ts'
import { mostly } from './grammar.ts'
import { converse, type Ending, type RawConversation } from './raw-requests.ts'

let kontor: Kontor
let authorization: string
let url: URL

const BLOB = Buffer.alloc(300_000, 'blob ')
let blobDigest: string

beforeAll(async () => {
  kontor = await startKontor({ env: { KONTOR_LOG__ACCESS: 'false' } })
  url = new URL(kontor.url)
  authorization = basic(kontor.username, kontor.password)
  blobDigest = await pushBlob(supertest.agent(kontor.url).set('Authorization', authorization), 'acme/web', BLOB)
})
afterAll(() => kontor.stop())

/** What everybody may be answered: not a fault of ours, and nothing that is not an answer. */
function expectSound({ answers, rest }: RawConversation): void {
  for (const { status } of answers) expect(status).toBeLessThan(500)
  expect(rest).toBe('')
}

async function expectToServe(): Promise<void> {
  const ping = await fetch(new URL('/v2/', url), { headers: { authorization } })
  expect(ping.status).toBe(200)
  await ping.body?.cancel()
  expect(kontor.output()).not.toContain('"level":"fatal"')
}

const method = mostly(
  ['GET', 'GET', 'POST', 'PUT'],
  ['PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'PRI', 'X', ''],
)
const TARGETS = [
  ...[
    '/',
    '/v2/',
    '/v2/a/b/blobs/uploads/',
    '/v2/a/b/manifests/x',
    '/token',
    '/api/v1/users',
    '/v1/search?q=a',
    '/livez',
  ],
  ...['*', '', 'x', '//', '//x:99999/', 'http://x/v2/', 'http://x:99999/api/v1/search?q=a', 'http://x:99999/v1/search'],
  ...['/%', '/%00', '/\xff', '/v2/%2e%2e/', '/\\', '/v2/?#', 'host:443', `/${'a'.repeat(5000)}`, '/a b', '/v2/\t'],
]
const target = fc.constantFrom(...TARGETS)
const version = mostly(['HTTP/1.1'], ['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.', 'http/1.1', ''])
const value = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '5',
    '-1',
    '+5',
    '5, 5',
    '5,6',
    '0x5',
    '99999999999999999999',
    'chunked',
    'chunked, gzip',
    'gzip, chunked',
  ),
  fc.constantFrom(
    'x',
    'x:99999',
    '[::',
    '[::1]:1',
    'x"y',
    '100-continue',
    '200-ok',
    'close',
    'keep-alive',
    'upgrade',
    'h2c',
    'websocket',
  ),
  fc.constantFrom(
    'bytes=0-',
    'bytes 0-4/5',
    'identity',
    'Basic',
    'Basic !',
    'Bearer x',
    'Basic Og==',
    '\xff\xfe',
    'a\0b',
    '\x7f',
    'a'.repeat(9000),
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 30 }),
)
const name = fc.oneof(
  fc.constantFrom(
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Expect',
    'Upgrade',
    'Authorization',
    'Range',
  ),
  fc.constantFrom(
    'Content-Range',
    'Content-Encoding',
    'Content-Type',
    'Accept',
    'If-None-Match',
    'Origin',
    'Sec-Fetch-Site',
  ),
  fc.constantFrom(
    'Cookie',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'Trailer',
    'TE',
    'Keep-Alive',
    'HTTP2-Settings',
  ),
  fc.constantFrom(
    'Content-Length ',
    ' Content-Length',
    'Transfer-Encoding\t',
    'x',
    'x y',
    '',
    '__proto__',
    'constructor',
    'Content_Length',
  ),
)
const separator = mostly([': '], [':', ' : ', '\t', ''])
const lineEnd = mostly(['\r\n'], ['\n', '\r', '\r\n ', '\r\n\t', '\r\r\n'])
const body = fc.constantFrom(
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n',
  'ffffffffffffffffff\r\n',
  '-1\r\n',
  '{"a":1}',
  '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
)

const requests = fc
  .record({
    method,
    target,
    version,
    fields: fc.array(fc.tuple(name, separator, value, lineEnd), { maxLength: 3 }),
    hasHost: mostly([true], [false]),
    body,
    end: lineEnd,
  })
  .map(({ fields, hasHost, ...request }) => {
    const lines = fields.map((field) => field.join('')).join('')
    const start = `${request.method} ${request.target} ${request.version}${request.end}`
    return `${start}${hasHost ? 'Host: registry.example\r\n' : ''}${lines}\r\n${request.body}`
  })

/** What ends any conversation: whatever came before and whatever the server waits for, this is more than a head may have. */
const END = `\r\n\r\nX X X\r\n${'x: y\r\n'.repeat(12_000)}`

const ANSWERED: Ending = { isDone: ({ answers }) => answers.length > 0, last: END }

test('whatever a request is for, in whatever form of a target, it is answered', async () => {
  for (const each of TARGETS) expectSound(await converse(url, [`GET ${each} HTTP/1.1\r\nHost: x\r\n\r\n`], ANSWERED))
})

test('S55: whatever bytes come, the answer is one to a client or none, and the server goes on', async () => {
  await checkAsync(
    fc.asyncProperty(
      fc.oneof(requests, requests, fc.string({ unit: 'binary-ascii', maxLength: 200 })),
      fc.nat(300),
      async (bytes, cut) => {
        const pieces = [bytes.slice(0, cut), bytes.slice(cut)].filter((piece) => piece !== '')
        expectSound(await converse(url, pieces, ANSWERED))
      },
    ),
    { numRuns: 200 },
  )
  await expectToServe()
})

/** Requests that are whole, and what they are answered with. */
interface KnownRequest {
  readonly text: () => string
  readonly status: number
  readonly body?: RegExp
  readonly isHead?: true
}

const withLogin = () => `Host: x\r\nAuthorization: ${authorization}\r\n`
const KNOWN: readonly KnownRequest[] = [
  { text: () => `GET /v2/ HTTP/1.1\r\n${withLogin()}\r\n`, status: 200, body: /^\{\}$/ },
  { text: () => 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n', status: 401, body: /UNAUTHORIZED/ },
  { text: () => 'HEAD /v2/ HTTP/1.1\r\nHost: x\r\n\r\n', status: 401, isHead: true },
  { text: () => 'GET /token HTTP/1.1\r\nHost: x\r\n\r\n', status: 200, body: /"access_token"/ },
  { text: () => 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n', status: 404, body: /at GET \/nowhere/ },
  {
    text: () => `GET /v2/acme/web/blobs/${blobDigest} HTTP/1.1\r\n${withLogin()}\r\n`,
    status: 200,
    body: /^(blob ){60000}$/,
  },
  { text: () => `HEAD /v2/acme/web/blobs/${blobDigest} HTTP/1.1\r\n${withLogin()}\r\n`, status: 200, isHead: true },
  {
    text: () => `PUT /v2/acme/web/manifests/x HTTP/1.1\r\n${withLogin()}Content-Length: 4\r\n\r\nGET `,
    status: 400,
    body: /MANIFEST_INVALID/,
  },
  {
    text: () => `POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\na=b\r\n0\r\n\r\n`,
    status: 400,
    body: /unsupported_grant_type/,
  },
  { text: () => `GET /v1/search?q=web HTTP/1.1\r\n${withLogin()}\r\n`, status: 200, body: /"query":"web"/ },
]

test('requests that come before the last is answered are answered one after the other, wherever packets end', async () => {
  const cuts = fc.array(fc.nat(1500), { maxLength: 4 })
  const asked = fc.array(fc.constantFrom(...KNOWN), { minLength: 1, maxLength: 8 })
  await checkAsync(
    fc.asyncProperty(asked, cuts, async (known, places) => {
      const bytes = known.map(({ text }) => text()).join('')
      const sorted = [0, ...places.map((place) => place % bytes.length).sort((a, b) => a - b)]
      const pieces = sorted.map((from, index) => bytes.slice(from, sorted[index + 1]))
      const heads = new Set(known.flatMap(({ isHead }, index) => (isHead ? [index] : [])))
      const isDone = (conversation: RawConversation) => conversation.answers.length === known.length
      const { answers, rest } = await converse(
        url,
        pieces.filter((piece) => piece !== ''),
        { isDone, heads },
      )
      expect(rest).toBe('')
      expect(answers.map(({ status }) => status)).toEqual(known.map(({ status }) => status))
      for (const [index, { body: expected }] of known.entries()) {
        if (expected !== undefined) expect(answers[index]?.body.toString('latin1')).toMatch(expected)
      }
    }),
    { numRuns: 40 },
  )
})

test('what is no request ends the connection of one that is being answered, and is not mixed into its answer', async () => {
  const pull = KNOWN.find(({ body }) => body?.source.startsWith('^(blob'))?.text() ?? ''
  for (const pieces of [[`${pull}X X X\r\n\r\n`], [pull, 'X X X\r\n\r\n']]) {
    const { answers, rest } = await converse(url, pieces)
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(rest).not.toContain('400 Bad Request')
  }
})

/** Two lengths, or one that servers read in two ways: a proxy before us may believe the other one. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
const CHUNKED = `0\r\n\r\n${SMUGGLED}`

test.each([
  ['a length and chunks', [`Content-Length: ${CHUNKED.length}`, 'Transfer-Encoding: chunked']],
  ['chunks and a length', ['Transfer-Encoding: chunked', `Content-Length: ${CHUNKED.length}`]],
  ['two lengths', [`Content-Length: ${CHUNKED.length}`, 'Content-Length: 0']],
  ['two lengths in one', [`Content-Length: 0, ${CHUNKED.length}`]],
  ['a length with a sign', ['Content-Length: +0']],
  ['a length below zero', ['Content-Length: -1']],
  ['a length in hex', ['Content-Length: 0x0']],
  ['a length with a space before its colon', ['Content-Length : 0']],
  ['a length that is folded', ['Content-Length:', ' 0']],
  ['chunks with a space before the colon', ['Transfer-Encoding : chunked', `Content-Length: ${CHUNKED.length}`]],
  ['chunks that are folded', ['Transfer-Encoding:', ' chunked', `Content-Length: ${CHUNKED.length}`]],
  ['something like chunks', ['Transfer-Encoding: xchunked', `Content-Length: ${CHUNKED.length}`]],
  ['chunks that are not the last coding', ['Transfer-Encoding: chunked, gzip', `Content-Length: ${CHUNKED.length}`]],
  ['chunks twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity', `Content-Length: ${CHUNKED.length}`]],
  ['chunks in HTTP/1.0', ['Transfer-Encoding: chunked', `Content-Length: ${CHUNKED.length}`], 'HTTP/1.0'],
])(
  'S55: a body with %s ends its connection: what may be a second request in it is not one',
  async (_, fields, version = 'HTTP/1.1') => {
    const head = [`POST /token ${version}`, 'Host: x', ...fields].join('\r\n')
    const { answers, rest } = await converse(url, [`${head}\r\n\r\n${CHUNKED}`], { last: END })
    expect(answers.map(({ status }) => status)).toEqual([400])
    expect(answers[0]?.body.toString()).not.toContain('smuggled')
    expect(rest).toBe('')
    await expectToServe()
  },
)
