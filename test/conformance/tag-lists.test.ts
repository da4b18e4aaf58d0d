import { describe, expect } from 'vitest'
import { TOKEN_USES } from './bearer-authorization.ts'
import { settings, conformanceTest as test } from './conformance-test.ts'
import { addImage, createContent } from './content.ts'
import { expectStatus } from './expect-status.ts'
import { listTags } from './list-tags.ts'
import { pushBlobs, putManifest } from './push-content.ts'
import type { UploadTarget } from './upload-blob.ts'

/** In the order of their bytes, which is one of the two orders the specification allows. */
const TAGS = ['0.1', '0.10', '0.2', 'Release', '_draft', 'latest', 'nightly', 'sha256-abc', 'v1', 'v1.0', 'v10', 'v2']

describe.each(TOKEN_USES)('With tokens %s, a registry', (tokenUse) => {
  test.override('tokenUse', tokenUse)

  test('lists all tags in order', async ({ client, repository }) => {
    await pushTags({ client, repository })
    expect(await listTags({ client, repository })).toEqual({ tags: TAGS, next: undefined })
  })

  test('lists as many tags as are asked for, and where the next are', async ({ client, repository }) => {
    await pushTags({ client, repository })
    const first = await listTags({ client, repository }, { n: 5 })
    expect(first.tags).toEqual(TAGS.slice(0, 5))
    const second = await listTags({ client, repository }, { next: first.next ?? '' })
    expect(second.tags).toEqual(TAGS.slice(5, 10))
    expect(await listTags({ client, repository }, { next: second.next ?? '' })).toEqual({
      tags: TAGS.slice(10),
      next: undefined,
    })
  })

  test('has no next page when the last one is just full', async ({ client, repository }) => {
    await pushTags({ client, repository })
    expect(await listTags({ client, repository }, { n: TAGS.length })).toEqual({ tags: TAGS, next: undefined })
    expect(await listTags({ client, repository }, { n: 10_000 })).toEqual({ tags: TAGS, next: undefined })
  })

  test('lists no tags, and no next page, when none are asked for', async ({ client, repository }) => {
    await pushTags({ client, repository })
    expect(await listTags({ client, repository }, { n: 0 })).toEqual({ tags: [], next: undefined })
  })

  test('begins after a given tag, whether that one exists or not', async ({ client, repository }) => {
    await pushTags({ client, repository })
    expect((await listTags({ client, repository }, { last: 'latest' })).tags).toEqual(TAGS.slice(6))
    expect((await listTags({ client, repository }, { last: 'lates', n: 2 })).tags).toEqual(['latest', 'nightly'])
    expect((await listTags({ client, repository }, { last: 'zzz' })).tags).toEqual([])
  })

  if (settings.spec === 'dev') {
    test('takes at least ten tags as parameters of one push', async ({ client, repository }) => {
      const content = createContent()
      const { digest } = addImage(content)
      const [image] = content.manifests
      if (image === undefined) throw new Error('an image is one manifest')
      await pushBlobs({ client, repository }, content.blobs)
      expectStatus(await putManifest({ client, repository }, digest, image, { tags: TAGS }), 201)
      expect((await listTags({ client, repository })).tags).toEqual(TAGS)
    })
  }
})

async function pushTags(target: UploadTarget): Promise<void> {
  const content = createContent()
  addImage(content)
  await pushBlobs(target, content.blobs)
  for (const manifest of content.manifests) {
    for (const tag of TAGS) expectStatus(await putManifest(target, tag, manifest), 201)
  }
}
