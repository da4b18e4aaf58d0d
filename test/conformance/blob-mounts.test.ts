import { randomBytes } from 'node:crypto'
import { describe } from 'vitest'
import { TOKEN_USES } from './bearer-authorization.ts'
import { newRepositoryName, conformanceTest as test } from './conformance-test.ts'
import { type Algorithm, digestOf } from './content.ts'
import type { OciResponse } from './exchange.ts'
import { expectBlobServed, expectBlobTaken, expectDeleted } from './expect-content.ts'
import { expectStatus, locationOf } from './expect-status.ts'
import { pushBlob } from './push-content.ts'
import { closeUpload, type UploadTarget } from './upload-blob.ts'

describe.each(TOKEN_USES)('With tokens %s', (tokenUse) => {
  test.override('tokenUse', tokenUse)

  describe.each<Algorithm>(['sha256', 'sha512'])('and digests of %s, a registry', (algorithm) => {
    test('mounts a blob from the repository the client names', async ({ client, repository, settings: { spec } }) => {
      const blob = randomBlob(algorithm)
      const source = newRepositoryName()
      await pushBlob({ client, repository: source }, blob)
      await expectBlobTaken(
        client,
        await mount({ client, repository }, { mount: blob.digest, from: source }),
        blob,
        spec,
      )
      await expectBlobServed({ client, repository }, 'HEAD', blob, spec)
      await expectBlobServed({ client, repository }, 'GET', blob, spec)
    })

    test('finds the blob itself when the client names no repository', async ({
      client,
      repository,
      settings: { spec },
    }) => {
      const blob = randomBlob(algorithm)
      await pushBlob({ client, repository: newRepositoryName() }, blob)
      await expectBlobTaken(client, await mount({ client, repository }, { mount: blob.digest }), blob, spec)
      await expectBlobServed({ client, repository }, 'GET', blob, spec)
    })

    test('opens an upload instead when the blob is not there', async ({ client, repository, settings: { spec } }) => {
      const blob = randomBlob(algorithm)
      const opened = await mount({ client, repository }, { mount: blob.digest, from: newRepositoryName() })
      expectStatus(opened, 202)
      const response = await closeUpload(client, locationOf(opened), blob.digest, { bytes: blob.bytes })
      await expectBlobTaken(client, response, blob, spec)
    })

    test('keeps a mounted blob where the other one is deleted', async ({ client, repository, settings: { spec } }) => {
      const blob = randomBlob(algorithm)
      const source = { client, repository: newRepositoryName() }
      await pushBlob(source, blob)
      expectStatus(await mount({ client, repository }, { mount: blob.digest, from: source.repository }), 201)
      await expectDeleted(source, `blobs/${blob.digest}`)
      await expectBlobServed({ client, repository }, 'GET', blob, spec)
      await expectDeleted({ client, repository }, `blobs/${blob.digest}`)
    })
  })
})

function randomBlob(algorithm: Algorithm): { digest: string; bytes: Buffer } {
  const bytes = randomBytes(512)
  return { digest: digestOf(algorithm, bytes), bytes }
}

function mount({ client, repository }: UploadTarget, parameters: Record<string, string>): Promise<OciResponse> {
  return client.send({
    method: 'POST',
    url: `/v2/${repository}/blobs/uploads/?${new URLSearchParams(parameters)}`,
  })
}
