import { describe, expect, it } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { MAX_REFERRERS_BYTES } from '../../../storage/metadata/manifests.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { readPages } from './read-pages.ts'
import { digestOf, idOf, ORIGIN, put, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const SUBJECT = digestOf('the image')
const SIGNATURE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const SBOM = 'application/spdx+json'

/** Stores a referrer of the image; its descriptor is JSON as the registry writes it. */
async function refer(
  store: MetadataStore,
  content: string,
  changes: Parameters<typeof put>[2] & { readonly subject?: Digest } = {},
): Promise<string> {
  const { subject = SUBJECT, artifactType = SIGNATURE, ...others } = changes
  const descriptor = JSON.stringify({ digest: digestOf(content), artifactType, annotations: { content } })
  await put(store, content, { artifactType, referrer: { subject, descriptor }, ...others })
  return descriptor
}

const all = { subject: SUBJECT, artifactTypes: [], after: undefined, limit: 100 }

/** What refers to a manifest. */
export function describeReferrers(underTest: () => MetadataStoreUnderTest): void {
  describe('referrers', () => {
    it('of a subject are listed in order of digest, whether or not the subject is there', async () => {
      const { store } = underTest()
      const descriptors = []
      for (const content of ['one', 'two', 'three', 'four']) {
        descriptors.push({ digest: digestOf(content), text: await refer(store, content) })
      }
      const inOrder = descriptors.sort((a, b) => (a.digest < b.digest ? -1 : 1)).map(({ text }) => text)
      const id = await idOf(store)
      expect(await store.manifests.listReferrers(id, all)).toEqual({ items: inOrder, next: undefined })
      await put(store, 'the image')
      expect((await store.manifests.listReferrers(id, all)).items).toEqual(inOrder)
    })

    it('of one subject are not those of another, nor of another repository, nor ordinary manifests', async () => {
      const { store } = underTest()
      const mine = await refer(store, 'signature')
      await refer(store, 'of another subject', { subject: digestOf('another image') })
      await refer(store, 'of another repository', { repository: WEB })
      await put(store, 'ordinary')
      expect((await store.manifests.listReferrers(await idOf(store), all)).items).toEqual([mine])
    })

    it('come on pages of some megabytes at most, however much they say of themselves', async () => {
      const { store } = underTest()
      const annotations = { text: 'x'.repeat(MAX_REFERRERS_BYTES / 2 - 1000) }
      for (const content of ['one', 'two', 'three', 'four', 'five']) {
        const descriptor = JSON.stringify({ digest: digestOf(content), annotations })
        await put(store, content, { referrer: { subject: SUBJECT, descriptor } })
      }
      const descriptor = JSON.stringify({ annotations: { text: 'x'.repeat(MAX_REFERRERS_BYTES) } })
      await put(store, 'huge', { referrer: { subject: SUBJECT, descriptor } })
      const id = await idOf(store)
      const pages: (readonly string[])[] = []
      let after: string | undefined
      do {
        const page = await store.manifests.listReferrers(id, { ...all, after: after as Digest | undefined })
        pages.push(page.items)
        after = page.next
      } while (after !== undefined)
      expect(pages.flat()).toHaveLength(6)
      expect(pages.length).toBeGreaterThan(3)
      const sizes = pages.map((items) => items.reduce((sum, item) => sum + item.length, 0))
      expect(sizes.filter((size) => size > MAX_REFERRERS_BYTES)).toEqual([descriptor.length])
    })

    it('may be asked for by type, or by any of several', async () => {
      const { store } = underTest()
      const signature = await refer(store, 'signature', { artifactType: SIGNATURE })
      const sbom = await refer(store, 'sbom', { artifactType: SBOM })
      const untyped = JSON.stringify({ untyped: true })
      await put(store, 'untyped', { referrer: { subject: SUBJECT, descriptor: untyped } })
      const id = await idOf(store)
      const ask = async (...artifactTypes: string[]) =>
        new Set((await store.manifests.listReferrers(id, { ...all, artifactTypes })).items)
      expect(await ask()).toEqual(new Set([signature, sbom, untyped]))
      expect(await ask(SBOM)).toEqual(new Set([sbom]))
      expect(await ask(SBOM, SIGNATURE, 'application/none')).toEqual(new Set([signature, sbom]))
      expect(await ask('application/none')).toEqual(new Set())
      expect(await ask('"] OR 1=1 --')).toEqual(new Set())
    })

    it.each([1, 2, 3, 5])('come in pages of %i, each once, filtered before they are counted', async (limit) => {
      const { store } = underTest()
      const expected: string[] = []
      for (let each = 0; each < 5; each++) {
        expected.push(await refer(store, `signature ${each}`, { artifactType: SIGNATURE }))
        await refer(store, `sbom ${each}`, { artifactType: SBOM })
      }
      const id = await idOf(store)
      const pages = await readPages(
        ({ after, limit }) =>
          store.manifests.listReferrers(id, {
            subject: SUBJECT,
            artifactTypes: [SIGNATURE],
            after: after as Digest | undefined,
            limit,
          }),
        limit,
      )
      expect(pages.flat().sort()).toEqual(expected.sort())
      expect(pages).toHaveLength(Math.ceil(5 / limit))
    })

    it('that are deleted are listed no more, and again when they are pushed again', async () => {
      const { store } = underTest()
      const kept = await refer(store, 'kept')
      const deleted = await refer(store, 'deleted')
      const id = await idOf(store)
      await store.manifests.delete(id, digestOf('deleted'), ORIGIN)
      expect((await store.manifests.listReferrers(id, all)).items).toEqual([kept])
      await refer(store, 'deleted')
      expect(new Set((await store.manifests.listReferrers(id, all)).items)).toEqual(new Set([kept, deleted]))
    })

    it('stay when their subject is deleted: it may come back', async () => {
      const { store } = underTest()
      await put(store, 'the image')
      const signature = await refer(store, 'signature')
      const id = await idOf(store)
      await store.manifests.delete(id, SUBJECT, ORIGIN)
      expect((await store.manifests.listReferrers(id, all)).items).toEqual([signature])
    })

    it('may be indexes, and the children of an index have referrers of their own', async () => {
      const { store } = underTest()
      const child = await put(store, 'child')
      const references = [{ kind: 'manifest', digest: child, isRequired: true }] as const
      const index = await refer(store, 'index', { mediaType: MEDIA_TYPES.ociIndex, references })
      const ofChild = await refer(store, 'signature of the child', { subject: child })
      const id = await idOf(store)
      expect((await store.manifests.listReferrers(id, all)).items).toEqual([index])
      expect((await store.manifests.listReferrers(id, { ...all, subject: child })).items).toEqual([ofChild])
      expect((await store.manifests.listReferrers(id, { ...all, subject: digestOf('index') })).items).toEqual([])
    })
  })
}
