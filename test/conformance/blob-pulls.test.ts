import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { TOKEN_USES } from './bearer-authorization.ts'
import { conformanceTest as test } from './conformance-test.ts'
import { type Algorithm, digestOf } from './content.ts'
import { expectAbsent } from './expect-content.ts'
import { describeExchange, expectStatus } from './expect-status.ts'
import { pushBlob } from './push-content.ts'

const SIZE = 2048

const RANGES = [
  { range: 'bytes=500-1499', first: 500, last: 1499 },
  { range: 'bytes=500-', first: 500, last: SIZE - 1 },
  { range: 'bytes=-500', first: SIZE - 500, last: SIZE - 1 },
  { range: 'bytes=2000-5000', first: 2000, last: SIZE - 1 },
]

describe.each(TOKEN_USES)('With tokens %s', (tokenUse) => {
  test.override('tokenUse', tokenUse)

  describe.each<Algorithm>(['sha256', 'sha512'])('and digests of %s, a registry', (algorithm) => {
    test('does not find a blob that was never pushed', async ({ client, repository }) => {
      await expectAbsent({ client, repository }, `blobs/${digestOf(algorithm, randomBytes(32))}`)
    })

    test('says so when a blob to delete was never pushed', async ({ client, repository }) => {
      const bytes = randomBytes(32)
      await pushBlob({ client, repository }, { digest: digestOf(algorithm, bytes), bytes })
      const url = `/v2/${repository}/blobs/${digestOf(algorithm, randomBytes(32))}`
      expectStatus(await client.send({ method: 'DELETE', url }), 404)
    })

    test.for(RANGES)('answers $range with that part', async ({ range, first, last }, { client, repository }) => {
      const bytes = randomBytes(SIZE)
      const digest = digestOf(algorithm, bytes)
      await pushBlob({ client, repository }, { digest, bytes })
      const url = `/v2/${repository}/blobs/${digest}`
      const response = await client.send({ method: 'GET', url, headers: { Range: range } })
      expectStatus(response, 206)
      expect(response.headers, describeExchange(response)).toMatchObject({
        'content-range': expect.stringMatching(new RegExp(`^bytes ${first}-${last}/(${SIZE}|\\*)$`)),
        'content-length': String(last - first + 1),
      })
      expect(response.body).toEqual(bytes.subarray(first, last + 1))
    })

    test.for(['bytes=500-0', 'bytes=5000-10000'])('refuses %s', async (range, { client, repository }) => {
      const bytes = randomBytes(SIZE)
      const digest = digestOf(algorithm, bytes)
      await pushBlob({ client, repository }, { digest, bytes })
      const url = `/v2/${repository}/blobs/${digest}`
      expectStatus(await client.send({ method: 'GET', url, headers: { Range: range } }), 416)
    })
  })
})
