import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { TOKEN_USES } from './bearer-authorization.ts'
import { settings, conformanceTest as test } from './conformance-test.ts'
import { type Algorithm, digestOf } from './content.ts'
import { expectAbsent, expectBlobServed, expectBlobTaken, expectDeleted } from './expect-content.ts'
import { describeExchange, expectStatus, locationOf } from './expect-status.ts'
import { type BlobContent, closeUpload, openUpload, sendChunk, UPLOAD_WAYS, uploadBlob } from './upload-blob.ts'

/** Enough for three chunks of the smallest size, the last of them shorter. */
const THREE_CHUNKS = 3 * 1024 - 5

describe.each(TOKEN_USES)('With tokens %s,', (tokenUse) => {
  test.override('tokenUse', tokenUse)

  describe.each<Algorithm>(['sha256', 'sha512'])('with digests of %s, a registry', (algorithm) => {
    const blobOf = (bytes: Buffer): BlobContent => ({ digest: digestOf(algorithm, bytes), bytes })
    const contents: [string, BlobContent][] = [
      ['of one chunk', blobOf(randomBytes(512))],
      ['of three chunks', blobOf(randomBytes(THREE_CHUNKS))],
      ['without a byte', blobOf(Buffer.alloc(0))],
      ['that is {}', blobOf(Buffer.from('{}'))],
    ]

    describe.each(UPLOAD_WAYS)('takes by %s', (way) => {
      test.for(contents)('a blob %s', async ([, blob], { client, repository, settings: { spec } }) => {
        const target = { client, repository }
        await expectBlobTaken(client, await uploadBlob(target, blob, way), blob, spec)
        await expectBlobServed(target, 'HEAD', blob, spec)
        await expectBlobServed(target, 'GET', blob, spec)
        await expectDeleted(target, `blobs/${blob.digest}`)
      })
    })

    test.for(UPLOAD_WAYS)('refuses what does not match its digest, sent by %s', async (way, { client, repository }) => {
      const { digest, bytes } = blobOf(randomBytes(THREE_CHUNKS))
      const longer = Buffer.concat([bytes, Buffer.from('oh no')])
      expectStatus(await uploadBlob({ client, repository }, { digest, bytes: longer }, way), 400)
      await expectAbsent({ client, repository }, `blobs/${digest}`)
    })

    test.for(['PATCH', 'PUT'] as const)(
      'refuses chunks out of order, the last of them in a %s, and goes on where it was',
      async (lastIn, { client, repository, settings: { spec } }) => {
        const blob = blobOf(randomBytes(THREE_CHUNKS))
        // The token kept for reading may pull and nothing else, and it is what the session's status is asked with.
        await expectAbsent({ client, repository }, `blobs/${blob.digest}`)
        const session = await openUpload({ client, repository })
        const chunkAt = (first: number) => ({ first, bytes: blob.bytes.subarray(first, first + session.chunkBytes) })
        const closing = (first: number) =>
          lastIn === 'PUT' && first + session.chunkBytes >= blob.bytes.length ? { closingWith: blob.digest } : {}
        let { location } = session

        for (let first = 0; first < blob.bytes.length; first += session.chunkBytes) {
          const ahead = first + session.chunkBytes
          const wrong = ahead < blob.bytes.length ? ahead : 0
          expectStatus(await sendChunk(client, location, { ...chunkAt(wrong), ...closing(wrong) }), 416)

          const status = await client.send({ method: 'GET', url: location })
          expectStatus(status, 204)
          // Before the first byte there is no right answer: "0-0" is what everyone gives.
          const range = first === 0 ? /^0-\d+$/ : new RegExp(`^0-${first - 1}$`)
          expect(status.headers['range'], describeExchange(status)).toMatch(range)
          location = locationOf(status)

          const response = await sendChunk(client, location, { ...chunkAt(first), ...closing(first) })
          if (closing(first).closingWith !== undefined) return expectBlobTaken(client, response, blob, spec)
          expectStatus(response, 202)
          const end = Math.min(ahead, blob.bytes.length) - 1
          expect(response.headers['range'], describeExchange(response)).toBe(`0-${end}`)
          location = locationOf(response)
        }
        await expectBlobTaken(client, await closeUpload(client, location, blob.digest), blob, spec)
      },
    )

    test('takes an upload that has said its algorithm beforehand', async ({
      client,
      repository,
      settings: { spec },
    }) => {
      const blob = blobOf(randomBytes(512))
      const url = `/v2/${repository}/blobs/uploads/?digest-algorithm=${algorithm}`
      const opened = await client.send({ method: 'POST', url })
      expectStatus(opened, 202)
      const response = await closeUpload(client, locationOf(opened), blob.digest, { bytes: blob.bytes })
      await expectBlobTaken(client, response, blob, spec)
    })
  })

  test('a registry refuses a digest that is none, or of an algorithm it does not know', async ({
    client,
    repository,
  }) => {
    for (const digest of ['sha256:baddigeststring', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'nonsense']) {
      const { location } = await openUpload({ client, repository })
      expectStatus(await closeUpload(client, location, digest, { bytes: Buffer.alloc(0) }), 400)
    }
  })

  if (settings.spec === 'dev') {
    test('a registry forgets an upload that is cancelled', async ({ client, repository }) => {
      const { location } = await openUpload({ client, repository })
      expectStatus(await client.send({ method: 'DELETE', url: location }), 204)
      expectStatus(await client.send({ method: 'GET', url: location }), 404)
    })

    test('a registry cancels an upload also for a client that has just deleted a blob', async ({
      client,
      repository,
    }) => {
      const bytes = randomBytes(512)
      const digest = digestOf('sha256', bytes)
      expectStatus(await uploadBlob({ client, repository }, { digest, bytes }, 'POST and PUT'), 201)
      // The token that is kept for this may delete, and nothing else.
      await expectDeleted({ client, repository }, `blobs/${digest}`)
      const { location } = await openUpload({ client, repository })
      expectStatus(await client.send({ method: 'DELETE', url: location }), 204)
    })
  }
})
