import { describe, expect, it } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import { RegistryError } from '../../../oci/error-codes.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import type { Tag } from '../../../oci/reference.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { readTrail } from './audit-log.ts'
import { digestOf, getRepository, historyOf, idOf, LATEST, link, ORIGIN, put, tags, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const BOB = { ...ORIGIN, accountName: 'bob' }
const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

async function targetOf(store: MetadataStore, tag: Tag = LATEST): Promise<Digest | undefined> {
  return (await store.manifests.resolve(await idOf(store), { kind: 'tag', tag }))?.digest
}

async function lastEvent(store: MetadataStore) {
  return (await readTrail(store))[0]
}

async function isThere(store: MetadataStore, digest: Digest): Promise<boolean> {
  return (await store.manifests.resolve(await idOf(store), { kind: 'digest', digest })) !== undefined
}

/** Stores an image whose config and layer are linked first. */
async function putImage(store: MetadataStore, content: string, imageTags: readonly Tag[] = []) {
  const [config, layer] = [await link(store, `config of ${content}`), await link(store, `layer of ${content}`)]
  const bytes = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: { mediaType: IMAGE_CONFIG, digest: config, size: 1 },
    layers: [
      { mediaType: LAYER, digest: layer, size: 1 },
      { mediaType: LAYER, digest: digestOf('elsewhere'), size: 1, urls: ['https://example.org/layer'] },
    ],
  })
  const references = [
    { kind: 'config', digest: config, isRequired: true },
    { kind: 'layer', digest: layer, isRequired: true },
    { kind: 'layer', digest: digestOf('elsewhere'), isRequired: false },
  ] as const
  return { digest: await put(store, bytes, { references, tags: imageTags }), config, layer }
}

async function putIndex(
  store: MetadataStore,
  children: readonly Digest[],
  mediaType: string = MEDIA_TYPES.ociManifest,
) {
  const bytes = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    manifests: children.map((digest) => ({ mediaType, digest, size: 1 })),
  })
  const references = children.map((digest) => ({ kind: 'manifest', digest, isRequired: false }) as const)
  return put(store, bytes, { mediaType: MEDIA_TYPES.ociIndex, references, tags: [LATEST] })
}

/** Pointing tags to what is there, and to what was. */
export function describeTagRestoration(underTest: () => MetadataStoreUnderTest): void {
  describe('pointing a tag', () => {
    it('makes a new one, which begins a lifetime and leaves an event', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'image', { tags: tags('1') })
      const before = await getRepository(store)
      clock.advance(1000)
      expect(await store.tags.point(before.id, LATEST, digest, BOB)).toEqual({ kind: 'pointed', previous: undefined })
      expect(await targetOf(store)).toBe(digest)
      expect(await historyOf(store, before.id)).toMatchObject([{ digest, startedAt: clock.now(), startedBy: 'bob' }])
      expect(await lastEvent(store)).toMatchObject({
        action: 'tag.pointed',
        object: 'acme/app:latest',
        ownerId: before.ownerId,
        origin: { accountName: 'bob' },
        detail: { digest },
      })
      // Nothing has arrived that was not there before.
      expect(await getRepository(store)).toEqual(before)
    })

    it('moves one, whose lifetime ends', async () => {
      const { store, clock } = underTest()
      const [first, second] = [await put(store, 'first', { tags: [LATEST] }), await put(store, 'second')]
      const id = await idOf(store)
      clock.advance(1000)
      expect(await store.tags.point(id, LATEST, second, BOB)).toEqual({ kind: 'pointed', previous: first })
      expect(await historyOf(store, id)).toMatchObject([
        { digest: second, startedAt: clock.now(), startedBy: 'bob', endedAt: undefined },
        { digest: first, startedBy: 'alice', endedAt: clock.now(), endedBy: 'bob' },
      ])
      expect((await lastEvent(store))?.detail).toEqual({ digest: second, previous: first })
    })

    it('to where it points changes nothing at all', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'image', { tags: [LATEST] })
      const id = await idOf(store)
      const before = [await readTrail(store), await historyOf(store, id)]
      clock.advance(1000)
      expect(await store.tags.point(id, LATEST, digest, BOB)).toEqual({ kind: 'pointed', previous: digest })
      expect([await readTrail(store), await historyOf(store, id)]).toEqual(before)
    })

    it('leads to no manifest that is deleted or in another repository', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image')
      const foreign = await put(store, 'of others', { repository: WEB })
      const id = await idOf(store)
      expect(await store.tags.point(id, LATEST, foreign, ORIGIN)).toEqual({ kind: 'no-manifest' })
      await store.manifests.delete(id, digest, ORIGIN)
      expect(await store.tags.point(id, LATEST, digest, ORIGIN)).toEqual({ kind: 'no-manifest' })
      expect(await targetOf(store)).toBeUndefined()
    })
  })

  describe('restoring a tag', () => {
    it('leads back to the last it pointed to before now, and once more forth again', async () => {
      const { store, clock } = underTest()
      const first = await put(store, 'first', { tags: [LATEST] })
      await put(store, 'second', { tags: [LATEST] })
      const third = await put(store, 'third', { tags: [LATEST] })
      const id = await idOf(store)
      await store.tags.restore(id, LATEST, first, BOB)
      clock.advance(1000)
      expect(await store.tags.restore(id, LATEST, undefined, BOB)).toEqual({ kind: 'restored', digest: third })
      expect(await store.tags.restore(id, LATEST, undefined, BOB)).toEqual({ kind: 'restored', digest: first })
      expect(await targetOf(store)).toBe(first)
      expect((await historyOf(store, id)).map((each) => each.digest)).toEqual([
        first,
        third,
        first,
        third,
        digestOf('second'),
        first,
      ])
    })

    it('that was deleted makes it anew, as another lifetime, and leaves an event', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'image', { tags: [LATEST] })
      const id = await idOf(store)
      await store.tags.delete(id, LATEST, ORIGIN)
      const endedAt = clock.now()
      clock.advance(1000)
      expect(await store.tags.restore(id, LATEST, undefined, BOB)).toEqual({ kind: 'restored', digest })
      expect(await historyOf(store, id)).toMatchObject([
        { digest, startedAt: clock.now(), startedBy: 'bob', endedAt: undefined },
        { digest, endedAt, endedBy: 'alice' },
      ])
      expect(await lastEvent(store)).toMatchObject({
        action: 'tag.restored',
        object: 'acme/app:latest',
        origin: { accountName: 'bob' },
        detail: { digest, revived: [] },
      })
    })

    it('to where it points changes nothing at all', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image', { tags: [LATEST] })
      const id = await idOf(store)
      const before = [await readTrail(store), await historyOf(store, id)]
      expect(await store.tags.restore(id, LATEST, digest, BOB)).toEqual({ kind: 'restored', digest })
      expect([await readTrail(store), await historyOf(store, id)]).toEqual(before)
    })

    it('leads nowhere it has not been', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      const other = await put(store, 'of another tag', { tags: tags('other') })
      const id = await idOf(store)
      const nowhere = { kind: 'no-lifetime' }
      expect(await store.tags.restore(id, LATEST, undefined, ORIGIN)).toEqual(nowhere)
      expect(await store.tags.restore(id, LATEST, other, ORIGIN)).toEqual(nowhere)
      expect(await store.tags.restore(id, 'never' as Tag, undefined, ORIGIN)).toEqual(nowhere)
      expect(await store.tags.restore(id, 'never' as Tag, other, ORIGIN)).toEqual(nowhere)
    })

    it('brings back a manifest that was deleted; what lies elsewhere is not missed', async () => {
      const { store } = underTest()
      const { digest } = await putImage(store, 'image', tags('latest', '1'))
      const id = await idOf(store)
      await store.manifests.delete(id, digest, ORIGIN)
      expect(await store.tags.restore(id, LATEST, undefined, BOB)).toEqual({ kind: 'restored', digest })
      expect(await targetOf(store)).toBe(digest)
      // The other tag was not asked for.
      expect(await targetOf(store, '1' as Tag)).toBeUndefined()
      expect((await lastEvent(store))?.detail).toEqual({ digest, revived: [digest] })
    })

    it('is refused when a blob has gone, names what is missing and leaves everything as it was', async () => {
      const { store } = underTest()
      const { digest, config, layer } = await putImage(store, 'image', [LATEST])
      const id = await idOf(store)
      await store.manifests.delete(id, digest, ORIGIN)
      await store.blobLinks.unlink(id, layer, ORIGIN)
      const before = [await readTrail(store), await historyOf(store, id)]
      expect(await store.tags.restore(id, LATEST, undefined, BOB)).toEqual({ kind: 'content-gone', missing: [layer] })
      expect(await isThere(store, digest)).toBe(false)
      expect([await readTrail(store), await historyOf(store, id)]).toEqual(before)
      await store.blobLinks.unlink(id, config, ORIGIN)
      const missing = [config, layer]
      expect(await store.tags.restore(id, LATEST, digest, BOB)).toEqual({ kind: 'content-gone', missing })
    })

    it('brings back the children of an index that were deleted, and theirs', async () => {
      const { store } = underTest()
      const [amd64, arm64] = [await putImage(store, 'amd64'), await putImage(store, 'arm64')]
      const inner = await putIndex(store, [amd64.digest])
      const outer = await putIndex(store, [inner, arm64.digest])
      const id = await idOf(store)
      for (const digest of [outer, inner, amd64.digest]) await store.manifests.delete(id, digest, ORIGIN)
      expect(await store.tags.restore(id, LATEST, outer, BOB)).toEqual({ kind: 'restored', digest: outer })
      for (const digest of [outer, inner, amd64.digest, arm64.digest]) expect(await isThere(store, digest)).toBe(true)
      expect((await lastEvent(store))?.detail).toEqual({ digest: outer, revived: [outer, inner, amd64.digest] })
    })

    it('of an index is refused when a blob of a deleted child has gone, and no part of it comes back', async () => {
      const { store } = underTest()
      const [amd64, arm64] = [await putImage(store, 'amd64'), await putImage(store, 'arm64')]
      const index = await putIndex(store, [amd64.digest, arm64.digest])
      const id = await idOf(store)
      for (const digest of [index, amd64.digest, arm64.digest]) await store.manifests.delete(id, digest, ORIGIN)
      await store.blobLinks.unlink(id, arm64.config, ORIGIN)
      const gone = { kind: 'content-gone', missing: [arm64.config] }
      expect(await store.tags.restore(id, LATEST, undefined, BOB)).toEqual(gone)
      for (const digest of [index, amd64.digest, arm64.digest]) expect(await isThere(store, digest)).toBe(false)
    })

    it('does not miss a child that the repository never had, but a blob that an index had', async () => {
      const { store } = underTest()
      const { digest: child } = await putImage(store, 'amd64')
      const sparse = await putIndex(store, [child, digestOf('never pushed')])
      const id = await idOf(store)
      await store.manifests.delete(id, sparse, ORIGIN)
      expect(await store.tags.restore(id, LATEST, undefined, BOB)).toEqual({ kind: 'restored', digest: sparse })

      const blob = await link(store, 'a layer of a build cache')
      const cache = await putIndex(store, [blob], LAYER)
      await store.manifests.delete(id, cache, ORIGIN)
      await store.blobLinks.unlink(id, blob, ORIGIN)
      const gone = { kind: 'content-gone', missing: [blob] }
      expect(await store.tags.restore(id, LATEST, cache, BOB)).toEqual(gone)
    })
  })

  it('an archived repository takes no tag that is pointed or restored', async () => {
    const { store } = underTest()
    const [first, second] = [
      await put(store, 'first', { tags: [LATEST] }),
      await put(store, 'second', { tags: [LATEST] }),
    ]
    const id = await idOf(store)
    await store.repositories.update(id, { state: 'archived' }, ORIGIN)
    const before = [await readTrail(store), await historyOf(store, id)]
    await expect(store.tags.point(id, LATEST, first, ORIGIN)).rejects.toThrow(RegistryError)
    await expect(store.tags.restore(id, LATEST, undefined, ORIGIN)).rejects.toThrow('archived')
    expect([await readTrail(store), await historyOf(store, id)]).toEqual(before)
    expect(await targetOf(store)).toBe(second)
  })
}
