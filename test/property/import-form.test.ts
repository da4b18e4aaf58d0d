import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archivedImage, ociLayout, tarOf } from '../support/archives.ts'
import { ADMIN, basic, openTestServer, type TestServer } from '../support/server.ts'
import { checkAsync } from './check.ts'

let server: TestServer

beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.close())

const ARCHIVE = tarOf(ociLayout(archivedImage('form', { layerBytes: 100 }), 'v1'))

const dispositions = fc.constantFrom(
  'form-data; name="archive"; filename="a.tar"',
  'form-data; name="archive"; filename="a.tar"',
  'form-data; name="archive"',
  'form-data; name="other"; filename="a.tar"',
  'form-data; name="__proto__"; filename="x"',
  'form-data; name="archive"; filename*=utf-8\'\'%ff%zz',
  'form-data; name="archive[0][constructor]"; filename="../../x"',
  'form-data; name="archive; filename=',
  'attachment',
  '',
)
const content = fc.oneof(
  fc.constantFrom(ARCHIVE, ARCHIVE.subarray(0, 700), Buffer.alloc(0)),
  fc.uint8Array({ maxLength: 200 }),
)
const parts = fc.array(
  fc.record({
    disposition: dispositions,
    header: fc.constantFrom(
      '',
      'Content-Type: text/plain\r\n',
      'Content-Transfer-Encoding: base64\r\n',
      'x\r\n',
      ': y\r\n',
      `X: ${'a'.repeat(20_000)}\r\n`,
    ),
    content,
  }),
  { maxLength: 3 },
)
const contentTypes = fc.constantFrom(
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary="b"; charset=x',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  `multipart/form-data; boundary=${'b'.repeat(300)}`,
  'multipart/mixed; boundary=b',
  'application/x-www-form-urlencoded',
)

test('whatever form is sent to import, it is imported or refused: nothing fails', async () => {
  const forms = fc.record({
    parts,
    contentType: contentTypes,
    end: fc.constantFrom('--b--\r\n', '--b--', '--b', ''),
    cut: fc.option(fc.nat(5000), { nil: undefined }),
  })
  await checkAsync(
    fc.asyncProperty(forms, async (form) => {
      const pieces = form.parts.flatMap((part) => [
        `--b\r\n${part.disposition === '' ? '' : `Content-Disposition: ${part.disposition}\r\n`}${part.header}\r\n`,
        part.content,
        '\r\n',
      ])
      const body = Buffer.concat([...pieces, form.end].map((piece) => Buffer.from(piece)))
      const response = await fetch(`${server.url}/api/v1/repositories/acme%2Fform/import`, {
        method: 'POST',
        headers: { Authorization: basic(ADMIN.username, ADMIN.password), 'Content-Type': form.contentType },
        body: body.subarray(0, form.cut),
      })
      const text = await response.text()
      expect([201, 400, 413, 415, 422], text).toContain(response.status)
    }),
    { numRuns: 150 },
  )
})
