import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkAnswer } from '../../../bench/load/check-answer.ts'
import { ResponseReader } from '../../../bench/load/response-reader.ts'

/** What the bench makes of the answers to some requests, whose bytes come in pieces. */
function read(pieces: readonly Buffer[], methods: readonly string[]) {
  const answers: { status: number; body: string; contentLength: number | undefined }[] = []
  let body = ''
  let asked = 0
  const reader = new ResponseReader(
    (bytes) => {
      body += bytes.toString('latin1')
    },
    ({ status, contentLength }) => {
      answers.push({ status, body, contentLength })
      body = ''
      reader.expect(methods[++asked] ?? 'GET')
    },
  )
  reader.expect(methods[0] ?? 'GET')
  for (const piece of pieces) reader.read(piece)
  return answers
}

const ANSWERS =
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
  'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n' +
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n' +
  '0123456789\r\n0\r\n\r\n' +
  'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'

test('answers are read alike wherever the network cuts them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: ANSWERS.length })), (cuts) => {
      const borders = [0, ...cuts.toSorted((one, other) => one - other), ANSWERS.length]
      const pieces = borders.slice(1).map((end, index) => Buffer.from(ANSWERS.slice(borders[index], end)))
      expect(read(pieces, ['GET', 'HEAD', 'GET', 'DELETE', 'GET'])).toEqual([
        { status: 200, body: 'hello', contentLength: 5 },
        { status: 200, body: '', contentLength: 7 },
        { status: 200, body: 'hello0123456789', contentLength: undefined },
        { status: 204, body: '', contentLength: undefined },
        { status: 404, body: '', contentLength: 0 },
      ])
    }),
  )
})

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['an answer without a length', 'HTTP/1.1 200 OK\r\n\r\nhello'],
  ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n'],
])('%s is an error, and not an answer', (_name, bytes) => {
  expect(() => read([Buffer.from(bytes)], ['GET'])).toThrow()
})

test('an answer counts only when status, length and digest are right', () => {
  const answer = {
    status: 200,
    text: 'HTTP/1.1 200 OK\r\nDocker-Content-Digest: sha256:ab',
    contentLength: 5,
    bodyBytes: 5,
  }
  const right = { status: 200, bodyBytes: 5, contentLength: 5, inHead: 'sha256:ab' }
  checkAnswer(answer, right)
  for (const wrong of [{ status: 206 }, { bodyBytes: 6 }, { contentLength: 6 }, { inHead: 'sha256:cd' }]) {
    expect(() => checkAnswer(answer, { ...right, ...wrong })).toThrow()
  }
})
