import { describe, expect, it } from 'vitest'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { parseTag } from '../../../oci/reference.ts'
import { digestOf, idOf, link, ORIGIN, put, tags, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** What is shown around a manifest. */
export function describeManifestSummaries(underTest: () => MetadataStoreUnderTest): void {
  describe('summaries of manifests', () => {
    it('say what each is and what pulling it takes, each blob once; of what is not there, nothing', async () => {
      const { store, clock } = underTest()
      await link(store, 'config')
      await link(store, 'layer')
      const references = [
        { kind: 'config', digest: digestOf('config'), isRequired: true },
        { kind: 'layer', digest: digestOf('config'), isRequired: true },
        { kind: 'layer', digest: digestOf('layer'), isRequired: true },
        { kind: 'layer', digest: digestOf('elsewhere'), isRequired: false },
      ] as const
      const description = { kind: 'helm', platforms: [], labels: {} } as const
      const image = await put(store, 'image', { references, description })
      const index = await put(store, 'the index', {
        mediaType: MEDIA_TYPES.ociIndex,
        references: [{ kind: 'manifest', digest: image, isRequired: true }],
      })
      const deleted = await put(store, 'deleted')
      const id = await idOf(store)
      await store.manifests.delete(id, deleted, ORIGIN)
      const ofWeb = await put(store, 'of web', { repository: WEB })
      const asked = [image, index, image, deleted, ofWeb, digestOf('absent')]
      const pushedAt = clock.now()
      const found = [...(await store.manifests.listSummaries(id, asked))].sort((a, b) => a.size - b.size)
      expect(found).toEqual([
        { digest: image, mediaType: MEDIA_TYPES.ociManifest, kind: 'helm', pushedAt, size: 5, pulledBytes: 16 },
        { digest: index, mediaType: MEDIA_TYPES.ociIndex, kind: 'image', pushedAt, size: 9, pulledBytes: 9 },
      ])
    })

    it('say what it was described as last', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image')
      await put(store, 'image', { description: { kind: 'sbom', platforms: [], labels: {} } })
      const id = await idOf(store)
      expect(await store.manifests.listSummaries(id, [digest])).toMatchObject([{ kind: 'sbom' }])
      const description = { kind: 'wasm', platforms: [], labels: {} } as const
      await store.manifests.describe([
        { repositoryId: id, digest: digestOf('absent'), description },
        { repositoryId: id, digest, description },
      ])
      expect(await store.manifests.listSummaries(id, [digest])).toMatchObject([{ kind: 'wasm' }])
      expect(await store.manifests.listUndescribed(10)).toEqual([])
    })
  })

  describe('a manifest', () => {
    it('has the tags that point to it now, in order', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image', { tags: tags('b', 'a', 'moved', 'deleted') })
      await put(store, 'another', { tags: tags('moved') })
      const id = await idOf(store)
      await store.tags.delete(id, parseTag('deleted'), ORIGIN)
      expect(await store.manifests.listTags(id, digest, 10)).toEqual(['a', 'b'])
      expect(await store.manifests.listTags(id, digest, 1)).toEqual(['a'])
      expect(await store.manifests.listTags(id, digestOf('absent'), 10)).toEqual([])
    })

    it('has the indexes that name it, the newest first, as long as they are there', async () => {
      const { store } = underTest()
      const child = await put(store, 'child')
      const references = [{ kind: 'manifest', digest: child, isRequired: true }] as const
      const [first, second, deleted] = [
        await put(store, 'first', { references, mediaType: MEDIA_TYPES.ociIndex }),
        await put(store, 'second', { references, mediaType: MEDIA_TYPES.ociIndex }),
        await put(store, 'deleted', { references, mediaType: MEDIA_TYPES.ociIndex }),
      ]
      const id = await idOf(store)
      await store.manifests.delete(id, deleted, ORIGIN)
      const parents = await store.manifests.listParents(id, child, 10)
      expect(parents.map(({ digest }) => digest)).toEqual([second, first])
      expect(Buffer.from(parents[0]?.bytes ?? []).toString()).toBe('second')
      expect(await store.manifests.listParents(id, child, 1)).toHaveLength(1)
      expect(await store.manifests.listParents(id, second, 10)).toEqual([])
    })
  })
}
