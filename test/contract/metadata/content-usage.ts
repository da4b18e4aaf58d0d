import { beforeEach, describe, expect, it } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { parseRepositoryName, type RepositoryName } from '../../../oci/repository-name.ts'
import { parseRepositoryPattern } from '../../../oci/repository-pattern.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Viewer } from '../../../storage/metadata/repositories.ts'
import { readPages } from './read-pages.ts'
import { APP, createUser, digestOf, idOf, link, ORIGIN, put, renameRepository, tags, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const EVERYTHING: Viewer = { kind: 'everything' }
const ANONYMOUS: Viewer = { kind: 'anonymous' }

/** Stores an image of some layers, linking them, and gives its digest. The manifest's bytes are its name. */
async function image(
  store: MetadataStore,
  name: string,
  options: { layers?: readonly string[]; tag?: string; repository?: RepositoryName } = {},
): Promise<Digest> {
  const { layers = [], tag, repository = APP } = options
  for (const layer of layers) await link(store, layer, repository)
  const references = layers.map((layer) => ({ kind: 'layer', digest: digestOf(layer), isRequired: true }) as const)
  return put(store, name, { references, repository, tags: tag === undefined ? [] : tags(tag) })
}

/** Stores an index of some manifests. */
function index(store: MetadataStore, name: string, children: readonly Digest[], tag?: string): Promise<Digest> {
  const references = children.map((digest) => ({ kind: 'manifest', digest, isRequired: true }) as const)
  return put(store, name, { mediaType: MEDIA_TYPES.ociIndex, references, tags: tag === undefined ? [] : tags(tag) })
}

async function publish(store: MetadataStore, name: RepositoryName): Promise<void> {
  await store.repositories.update(await idOf(store, name), { visibility: 'public' }, ORIGIN)
}

function bytesOf(...contents: string[]): number {
  return contents.join('').length
}

/** Who uses which bytes. */
export function describeContentUsage(underTest: () => MetadataStoreUnderTest): void {
  describe.each([
    ['a few tags', 0],
    ['many tags', 1001],
  ])('the usage of a manifest among %s', (_, count) => {
    beforeEach(async () => {
      const names = Array.from({ length: count }, (_, each) => `other-${each}`)
      await put(underTest().store, 'another', { tags: tags(...names) })
    })

    const usageOf = async (store: MetadataStore, digest: Digest) =>
      store.contentUsage.ofManifest(await idOf(store), digest)

    it('counts everything that it needs, each blob once', async () => {
      const { store } = underTest()
      await link(store, 'config')
      const references = (['config', 'layer'] as const).flatMap((kind) => [
        { kind, digest: digestOf('config'), isRequired: true },
        { kind, digest: digestOf(`elsewhere ${kind}`), isRequired: false },
      ])
      const digest = await put(store, 'image', { references })
      const bytes = bytesOf('image', 'config')
      expect(await usageOf(store, digest)).toEqual({ bytes, uniqueBytes: bytes, sharedBytes: 0 })
    })

    it('counts what the children of an index need, and those of an index in it, once', async () => {
      const { store } = underTest()
      const amd64 = await image(store, 'amd64', { layers: ['base', 'of amd64'] })
      const arm64 = await image(store, 'arm64', { layers: ['base', 'of arm64'] })
      const inner = await index(store, 'inner', [arm64])
      const outer = await index(store, 'outer', [amd64, inner], 'latest')
      const bytes = bytesOf('outer', 'inner', 'amd64', 'arm64', 'base', 'of amd64', 'of arm64')
      expect(await usageOf(store, outer)).toEqual({ bytes, uniqueBytes: bytes, sharedBytes: 0 })
    })

    it('shares what other tagged manifests need, by whatever way they do', async () => {
      const { store } = underTest()
      const mine = await image(store, 'mine', { layers: ['base', 'deep', 'own'], tag: 'mine' })
      await image(store, 'other', { layers: ['base'], tag: 'other' })
      const child = await image(store, 'child', { layers: ['deep'] })
      await index(store, 'index', [await index(store, 'inner', [child])], 'index')
      const bytes = bytesOf('mine', 'base', 'deep', 'own')
      expect(await usageOf(store, mine)).toEqual({
        bytes,
        uniqueBytes: bytesOf('mine', 'own'),
        sharedBytes: bytesOf('base', 'deep'),
      })
    })

    it('shares nothing with manifests that have no tag any more, are deleted, or are its own children', async () => {
      const { store } = underTest()
      const child = await image(store, 'child', { layers: ['base'] })
      const mine = await index(store, 'mine', [child], 'mine')
      await image(store, 'moved away', { layers: ['base'], tag: 'other' })
      await image(store, 'without', { layers: ['without'], tag: 'other' })
      const deleted = await image(store, 'deleted', { layers: ['base'], tag: 'deleted' })
      await store.manifests.delete(await idOf(store), deleted, ORIGIN)
      const bytes = bytesOf('mine', 'child', 'base')
      expect(await usageOf(store, mine)).toEqual({ bytes, uniqueBytes: bytes, sharedBytes: 0 })
      await put(store, 'child', { references: [], tags: tags('child') })
      expect(await usageOf(store, mine)).toMatchObject({ sharedBytes: bytesOf('child', 'base') })
    })

    it('of a child is shared with its tagged index', async () => {
      const { store } = underTest()
      const child = await image(store, 'child', { layers: ['base'] })
      await index(store, 'index', [child], 'latest')
      const bytes = bytesOf('child', 'base')
      expect(await usageOf(store, child)).toEqual({ bytes, uniqueBytes: 0, sharedBytes: bytes })
    })

    it('is that of its own repository: what others have does not matter', async () => {
      const { store } = underTest()
      const mine = await image(store, 'mine', { layers: ['base'], tag: 'mine' })
      await image(store, 'of web', { layers: ['base'], tag: 'latest', repository: WEB })
      expect(await usageOf(store, mine)).toMatchObject({ sharedBytes: 0 })
      expect(await store.contentUsage.ofManifest(await idOf(store, WEB), mine)).toBeUndefined()
    })
  })

  describe('the usage of a repository', () => {
    it('counts each blob once and every manifest that is there', async () => {
      const { store } = underTest()
      await image(store, 'one', { layers: ['base', 'own'] })
      await image(store, 'two', { layers: ['base'] })
      await store.manifests.delete(await idOf(store), await image(store, 'deleted'), ORIGIN)
      await link(store, 'not yet part of anything')
      const bytes = bytesOf('one', 'two', 'base', 'own', 'not yet part of anything')
      const usage = await store.contentUsage.ofRepository(await idOf(store), EVERYTHING)
      expect(usage).toEqual({ bytes, uniqueBytes: bytes, sharedBytes: 0, blobs: 3 })
    })

    it('shares what others have as far as the viewer may pull from them (S03, I5)', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const viewer: Viewer = { kind: 'user', userId: alice.id }
      const hers = parseRepositoryName('alice/app')
      await image(store, 'mine', { layers: ['base', 'own'], repository: hers })
      const id = await idOf(store, hers)
      const before = await store.contentUsage.ofRepository(id, viewer)
      expect(before).toMatchObject({ sharedBytes: 0 })

      await image(store, 'foreign', { layers: ['base'] })
      expect(await store.contentUsage.ofRepository(id, viewer)).toEqual(before)
      expect(await store.contentUsage.ofRepository(id, EVERYTHING)).toMatchObject({ sharedBytes: 4 })

      await publish(store, APP)
      for (const each of [viewer, ANONYMOUS]) {
        const usage = await store.contentUsage.ofRepository(id, each)
        expect(usage).toEqual({ ...before, sharedBytes: 4, uniqueBytes: before.bytes - 4 })
      }
    })

    it('shares nothing with a repository that a narrowed credential does not stand for, nor with one in no list', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const [mine, other] = [parseRepositoryName('alice/app'), parseRepositoryName('alice/other')]
      await image(store, 'mine', { layers: ['base'], repository: mine })
      await link(store, 'base', parseRepositoryName('alice/unfinished'))
      const id = await idOf(store, mine)
      const viewer: Viewer = { kind: 'user', userId: alice.id }
      expect(await store.contentUsage.ofRepository(id, viewer)).toMatchObject({ sharedBytes: 0 })
      await image(store, 'other', { layers: ['base'], repository: other })
      expect(await store.contentUsage.ofRepository(id, viewer)).toMatchObject({ sharedBytes: 4 })
      const within = [parseRepositoryPattern('alice/app')]
      expect(await store.contentUsage.ofRepository(id, { ...viewer, within })).toMatchObject({ sharedBytes: 0 })
    })

    it('is right beyond the pieces that it is counted in', async () => {
      const { store } = underTest()
      const layers = Array.from({ length: 700 }, (_, each) => `layer ${each}`)
      await image(store, 'large', { layers })
      await image(store, 'other', { layers: layers.slice(300), repository: WEB })
      for (let each = 0; each < 510; each++) await image(store, `manifest ${each}`)
      const usage = await store.contentUsage.ofRepository(await idOf(store), EVERYTHING)
      const manifests = Array.from({ length: 510 }, (_, each) => `manifest ${each}`)
      expect(usage.blobs).toBe(700)
      expect(usage.bytes).toBe(bytesOf('large', ...layers, ...manifests))
      expect(usage.sharedBytes).toBe(bytesOf(...layers.slice(300)))
    })
  })

  describe('a blob', () => {
    it('is found where it is linked, and nowhere else', async () => {
      const { store, clock } = underTest()
      const digest = await link(store, 'layer')
      await put(store, 'image', { repository: WEB })
      expect(await store.contentUsage.findBlob(await idOf(store), digest)).toEqual({
        digest,
        size: 5,
        linkedAt: clock.now(),
      })
      expect(await store.contentUsage.findBlob(await idOf(store, WEB), digest)).toBeUndefined()
    })

    it('has uses, the newest first, with the tags that lead there, an index’s included', async () => {
      const { store } = underTest()
      const first = await image(store, 'first', { layers: ['base'], tag: 'v1' })
      const child = await image(store, 'child', { layers: ['base'] })
      await index(store, 'index', [child], 'multi')
      const deleted = await image(store, 'deleted', { layers: ['base'] })
      const id = await idOf(store)
      await store.manifests.delete(id, deleted, ORIGIN)
      await image(store, 'of web', { layers: ['base'], tag: 'web', repository: WEB })
      const uses = [
        { manifestDigest: child, role: 'layer', tags: ['multi'] },
        { manifestDigest: first, role: 'layer', tags: ['v1'] },
      ]
      expect(await store.contentUsage.listUses(id, digestOf('base'), 10)).toEqual(uses)
      expect(await store.contentUsage.listUses(id, digestOf('base'), 1)).toEqual(uses.slice(0, 1))
      expect(await store.contentUsage.listUses(id, digestOf('absent'), 10)).toEqual([])
    })

    it('names some of its tags when there are many', async () => {
      const { store } = underTest()
      await link(store, 'base')
      const references = [{ kind: 'layer', digest: digestOf('base'), isRequired: true }] as const
      const names = Array.from({ length: 30 }, (_, each) => `v${each}`)
      await put(store, 'image', { references, tags: tags(...names) })
      const [use] = await store.contentUsage.listUses(await idOf(store), digestOf('base'), 10)
      expect(use?.tags).toHaveLength(10)
    })
  })

  describe('the repositories that have a blob', () => {
    const page = { after: undefined, limit: 100 }

    it('are those that the viewer may pull, in order of name, and only with content (I5)', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const viewer: Viewer = { kind: 'user', userId: alice.id }
      const hers = parseRepositoryName('alice/app')
      for (const repository of [WEB, hers, APP]) await image(store, 'image', { layers: ['base'], repository })
      await link(store, 'base', parseRepositoryName('alice/unfinished'))
      await image(store, 'without', { repository: parseRepositoryName('alice/without') })
      const namesFor = async (each: Viewer) =>
        (await store.contentUsage.listRepositories(digestOf('base'), each, page)).items.map(({ name }) => name)
      expect(await namesFor(viewer)).toEqual([hers])
      expect(await namesFor(ANONYMOUS)).toEqual([])
      await publish(store, WEB)
      expect(await namesFor(viewer)).toEqual([WEB, hers])
      expect(await namesFor(ANONYMOUS)).toEqual([WEB])
      expect(await namesFor(EVERYTHING)).toEqual([APP, WEB, hers])
      expect(await store.contentUsage.listRepositories(digestOf('absent'), EVERYTHING, page)).toEqual({
        items: [],
        next: undefined,
      })
    })

    it.each([1, 7, 250])('come in pages of %i, however many there are', async (limit) => {
      const { store } = underTest()
      const count = limit === 250 ? 620 : 20
      // So that the order of their names is not the order in which they came.
      const names = Array.from({ length: count }, (_, each) => `acme/r${(each * 7919) % 10_007}`)
      for (const name of names) await image(store, 'i', { layers: ['base'], repository: parseRepositoryName(name) })
      await renameRepository(store, await idOf(store, parseRepositoryName('acme/r0')), parseRepositoryName('acme/zero'))
      const pages = await readPages(
        (request) => store.contentUsage.listRepositories(digestOf('base'), EVERYTHING, request),
        limit,
      )
      const expected = [...names.filter((name) => name !== 'acme/r0'), 'acme/zero'].sort()
      expect(pages.flat().map(({ name }) => name)).toEqual(expected)
      expect(pages).toHaveLength(Math.ceil(count / limit))
    })
  })
}
