import { describe, expect, it } from 'vitest'
import { digestOf, idOf, link, ORIGIN, put, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** Going through everything, whoever has it. */
export function describeStoredContent(underTest: () => MetadataStoreUnderTest): void {
  describe('everything that is stored', () => {
    it('is all blobs once, in order of digest, with whether a repository has them', async () => {
      const { store } = underTest()
      const contents = Array.from({ length: 25 }, (_, index) => `blob ${index}`)
      for (const content of contents) await link(store, content)
      await link(store, 'blob 3', WEB)
      await store.blobLinks.unlink(await idOf(store), digestOf('blob 4'), ORIGIN)
      const expected = contents
        .map((content) => ({ digest: digestOf(content), size: content.length, isLinked: content !== 'blob 4' }))
        .sort((one, other) => (one.digest < other.digest ? -1 : 1))
      const seen = []
      for (let page = await store.storedContent.listBlobs(undefined, 10); page.length > 0; ) {
        seen.push(...page)
        page = await store.storedContent.listBlobs(page.at(-1)?.digest, 10)
      }
      expect(seen).toEqual(expected)
    })

    it('is all manifests of all repositories, but for deleted ones', async () => {
      const { store } = underTest()
      const [one, two] = [await put(store, 'one'), await put(store, 'two', { repository: WEB })]
      const deleted = await put(store, 'deleted')
      const all = await store.storedContent.listManifests(undefined, 10)
      expect(all.map(({ digest }) => digest)).toEqual([one, two, deleted])
      await store.manifests.delete(await idOf(store), deleted, ORIGIN)
      expect(await store.storedContent.listManifests(undefined, 10)).toEqual(all.slice(0, 2))
      expect(await store.storedContent.listManifests(all[0]?.id, 1)).toEqual(all.slice(1, 2))
      const readings = await Promise.all(all.map(({ id }) => store.storedContent.readManifest(id)))
      expect(readings).toEqual([
        { kind: 'read', bytes: Buffer.from('one') },
        { kind: 'read', bytes: Buffer.from('two') },
        { kind: 'gone' },
      ])
    })
  })
}
