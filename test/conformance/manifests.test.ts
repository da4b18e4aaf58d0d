import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { z } from 'zod'
import { TOKEN_USES } from './bearer-authorization.ts'
import { conformanceTest as test } from './conformance-test.ts'
import { addImage, addIndex, type Content, createContent, digestOf, type ManifestContent, TYPES } from './content.ts'
import { expectAbsent, expectManifestServed, expectManifestTaken } from './expect-content.ts'
import { describeExchange, expectStatus } from './expect-status.ts'
import { pushBlobs, putManifest } from './push-content.ts'
import type { UploadTarget } from './upload-blob.ts'

const ERRORS = z.object({ errors: z.array(z.object({ code: z.string(), detail: z.unknown() })) })

describe.each(TOKEN_USES)('With tokens %s, a registry', (tokenUse) => {
  test.override('tokenUse', tokenUse)

  test('does not find a manifest that was never pushed, by digest or by tag', async ({ client, repository }) => {
    await pushImage({ client, repository })
    await expectAbsent({ client, repository }, `manifests/${digestOf('sha256', randomBytes(32))}`)
    await expectAbsent({ client, repository }, `manifests/missing-${randomBytes(6).toString('hex')}`)
  })

  test('takes a manifest whose length is announced', async ({ client, repository, settings: { spec } }) => {
    const { content, image } = createImage()
    await pushBlobs({ client, repository }, content.blobs)
    const response = await putManifest({ client, repository }, 'announced', image, { framing: 'length' })
    await expectManifestTaken(client, response, image, spec)
    await expectManifestServed({ client, repository }, 'GET', 'announced', image, spec)
  })

  test('moves a tag to the manifest it was pushed with last', async ({ client, repository, settings: { spec } }) => {
    const before = await pushImage({ client, repository })
    const after = await pushImage({ client, repository })
    for (const manifest of [before, after]) {
      expectStatus(await putManifest({ client, repository }, 'latest', manifest), 201)
    }
    await expectManifestServed({ client, repository }, 'GET', 'latest', after, spec)
    await expectManifestServed({ client, repository }, 'GET', before.digest, before, spec)
  })

  test('forgets every tag of a manifest that is deleted', async ({ client, repository }) => {
    const image = await pushImage({ client, repository })
    for (const tag of ['one', 'two']) expectStatus(await putManifest({ client, repository }, tag, image), 201)
    const url = `/v2/${repository}/manifests/${image.digest}`
    expectStatus(await client.send({ method: 'DELETE', url }), 202)
    for (const reference of ['one', 'two', image.digest]) {
      await expectAbsent({ client, repository }, `manifests/${reference}`)
    }
  })

  test('refuses a manifest that does not match the digest it is pushed under', async ({ client, repository }) => {
    const { content, image } = createImage()
    await pushBlobs({ client, repository }, content.blobs)
    const padded = { mediaType: image.mediaType, bytes: Buffer.concat([image.bytes, Buffer.from('  ')]) }
    expectStatus(await putManifest({ client, repository }, image.digest, padded), 400)
    await expectAbsent({ client, repository }, `manifests/${image.digest}`)
    expectStatus(await client.send({ method: 'DELETE', url: `/v2/${repository}/manifests/${image.digest}` }), 404)
  })

  test('refuses to take or to show a manifest under something that is no digest', async ({ client, repository }) => {
    const { content, image } = createImage()
    await pushBlobs({ client, repository }, content.blobs)
    expectStatus(await putManifest({ client, repository }, 'sha256:baddigeststring', image), 400)
    const url = `/v2/${repository}/manifests/sha256:baddigeststring`
    expectStatus(await client.send({ method: 'GET', url }), 404, 400)
  })

  test('refuses an image whose layer was never pushed, and names it', async ({ client, repository }) => {
    const { content, image, layers } = createImage()
    const missing = layers[0] ?? ''
    content.blobs.delete(missing)
    await pushBlobs({ client, repository }, content.blobs)
    const response = await putManifest({ client, repository }, 'sparse-image', image)
    expectStatus(response, 400)
    const { errors } = ERRORS.parse(JSON.parse(response.body.toString()))
    expect(errors.map(({ code }) => code)).toEqual(['MANIFEST_BLOB_UNKNOWN'])
    expect(JSON.stringify(errors[0]?.detail), describeExchange(response)).toContain(missing)
    await expectAbsent({ client, repository }, 'manifests/sparse-image')
  })

  test('takes an index of which a platform was never pushed', async ({ client, repository, settings: { spec } }) => {
    const content = createContent()
    const pushed = addImage(content, { platform: { os: 'linux', architecture: 'amd64' } })
    const missing = {
      mediaType: TYPES.image,
      digest: digestOf('sha256', randomBytes(32)),
      size: 1024,
      platform: { os: 'linux', architecture: 'arm64' },
    }
    addIndex(content, [pushed, missing])
    await pushBlobs({ client, repository }, content.blobs)
    for (const manifest of content.manifests) {
      const response = await putManifest({ client, repository }, manifest.digest, manifest)
      await expectManifestTaken(client, response, manifest, spec)
      await expectManifestServed({ client, repository }, 'GET', manifest.digest, manifest, spec)
    }
  })

  test('refuses a manifest that is larger than 4 MiB', async ({ client, repository }) => {
    const { content, image } = createImage()
    await pushBlobs({ client, repository }, content.blobs)
    const spaces = Buffer.alloc(4 * 1024 * 1024 + 1 - image.bytes.length, ' ')
    const tooLarge = { mediaType: image.mediaType, bytes: Buffer.concat([image.bytes, spaces]) }
    expectStatus(await putManifest({ client, repository }, 'too-large', tooLarge), 413)
  })
})

function createImage(): { content: Content; image: ManifestContent; layers: string[] } {
  const content = createContent()
  addImage(content)
  const [image] = content.manifests
  if (image === undefined) throw new Error('an image is one manifest')
  return { content, image, layers: [...content.blobs.keys()] }
}

async function pushImage(target: UploadTarget): Promise<ManifestContent> {
  const { content, image } = createImage()
  await pushBlobs(target, content.blobs)
  expectStatus(await putManifest(target, image.digest, image), 201)
  return image
}
