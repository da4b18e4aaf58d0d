import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import type { Tag } from '../../../oci/reference.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { tagSortKey } from '../../../oci/tag-order.ts'
import type { ManifestKind, PutManifest } from '../../../storage/metadata/manifests.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { TAG_ORDERS, type TagOrder } from '../../../storage/metadata/tags.ts'
import { readPages } from './read-pages.ts'
import { digestOf, idOf, LATEST, link, ORIGIN, put, tags, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

async function namesIn(store: MetadataStore, order: TagOrder, prefix?: string): Promise<readonly string[]> {
  const id = await idOf(store)
  const pages = await readPages((page) => store.tags.listDetails(id, { order, prefix, ...page }), 2)
  return pages.flat().map(({ tag }) => tag)
}

async function sizesOf(store: MetadataStore, tag: Tag = LATEST) {
  const details = await store.tags.findDetails(await idOf(store), tag)
  return details && [details.storedBytes, details.pulledBytes]
}

/** Text of so many bytes, so that sizes in a test can be told apart. */
function bytes(count: number, character: string): string {
  return character.repeat(count)
}

/** Stores an image with these blobs, which are linked first; the first is its config. */
async function putImage(
  store: MetadataStore,
  content: string,
  blobs: readonly string[],
  changes: Partial<PutManifest> = {},
): Promise<Digest> {
  const references: PutManifest['references'][number][] = []
  for (const [index, blob] of blobs.entries()) {
    const digest = await link(store, blob)
    references.push({ kind: index === 0 ? 'config' : 'layer', digest, isRequired: true })
  }
  return put(store, content, { references, ...changes })
}

async function putIndex(store: MetadataStore, content: string, children: readonly Digest[], isSparse = false) {
  const references = children.map((digest) => ({ kind: 'manifest', digest, isRequired: !isSparse }) as const)
  return put(store, content, { mediaType: MEDIA_TYPES.ociIndex, references, tags: [LATEST] })
}

const of = (kind: ManifestKind) => ({ kind, platforms: [], labels: {} })

/** Tags with what they point to. */
export function describeTagDetails(underTest: () => MetadataStoreUnderTest): void {
  describe('the details of a tag', () => {
    it('say what it points to, since when, by whom', async () => {
      const { store, clock } = underTest()
      const description = { kind: 'helm', platforms: ['linux/amd64', 'linux/arm64/v8'], labels: {} } as const
      const digest = await put(store, 'a chart', { tags: tags('1'), description })
      const details = {
        tag: '1',
        digest,
        mediaType: MEDIA_TYPES.ociManifest,
        kind: 'helm',
        platforms: ['linux/amd64', 'linux/arm64/v8'],
        storedBytes: 7,
        pulledBytes: 7,
        pushedAt: clock.now(),
        pushedBy: 'alice',
        pulls: 0,
        lastPulledAt: undefined,
      }
      clock.advance(1000)
      await put(store, 'a chart', { tags: tags('1'), description })
      const id = await idOf(store)
      expect(await store.tags.findDetails(id, '1' as Tag)).toEqual(details)
      const page = { order: 'name', after: undefined, limit: 10 } as const
      expect(await store.tags.listDetails(id, page)).toEqual({ items: [details], next: undefined })
    })

    it('are of live tags only, and of one’s own repository', async () => {
      const { store } = underTest()
      await put(store, 'first', { tags: tags('1', '2') })
      await put(store, 'second', { tags: tags('1') })
      await put(store, 'image', { tags: tags('3'), repository: WEB })
      const id = await idOf(store)
      await store.tags.delete(id, '2' as Tag, ORIGIN)
      expect(await store.tags.findDetails(id, '2' as Tag)).toBeUndefined()
      expect(await store.tags.findDetails(id, '3' as Tag)).toBeUndefined()
      for (const order of TAG_ORDERS) expect(await namesIn(store, order)).toEqual(['1'])
      expect(await store.tags.findDetails(id, '1' as Tag)).toMatchObject({ digest: digestOf('second') })
    })
  })

  describe('a list of tags', () => {
    it('comes in the order of names, of versions or of pushes', async () => {
      const { store, clock } = underTest()
      for (const name of ['1.10.0', 'latest', '1.9.0', '1.10.0-rc.1', 'pr-9', 'pr-10', 'v2']) {
        await put(store, name, { tags: tags(name) })
        clock.advance(1)
      }
      expect(await namesIn(store, 'name')).toEqual(['1.10.0', '1.10.0-rc.1', '1.9.0', 'latest', 'pr-10', 'pr-9', 'v2'])
      expect(await namesIn(store, 'version')).toEqual([
        'latest',
        'v2',
        '1.10.0',
        '1.10.0-rc.1',
        '1.9.0',
        'pr-10',
        'pr-9',
      ])
      expect(await namesIn(store, 'pushed')).toEqual([
        'v2',
        'pr-10',
        'pr-9',
        '1.10.0-rc.1',
        '1.9.0',
        'latest',
        '1.10.0',
      ])
    })

    it('has a tag that moved as new, and one that was pushed again to the same as old as it was', async () => {
      const { store } = underTest()
      for (const name of ['a', 'b', 'c']) await put(store, name, { tags: tags(name) })
      await put(store, 'a', { tags: tags('a') })
      expect(await namesIn(store, 'pushed')).toEqual(['c', 'b', 'a'])
      await put(store, 'c', { tags: tags('a') })
      expect(await namesIn(store, 'pushed')).toEqual(['a', 'c', 'b'])
    })

    it('is of the tags that begin with something, in every order', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: tags('v1', 'v1.2', 'v1.10', 'v10', 'v', 'V1', 'w1', 'v1z') })
      expect(await namesIn(store, 'name', 'v1')).toEqual(['v1', 'v1.10', 'v1.2', 'v10', 'v1z'])
      expect(await namesIn(store, 'version', 'v1.')).toEqual(['v1.10', 'v1.2'])
      expect(await namesIn(store, 'pushed', 'v1.')).toEqual(['v1.10', 'v1.2'])
      for (const order of TAG_ORDERS) {
        expect(await namesIn(store, order, 'x')).toEqual([])
        expect(await namesIn(store, order, "%' OR 1=1 --")).toEqual([])
        expect(await namesIn(store, order, 'ÿ')).toEqual([])
        expect(await namesIn(store, order, '')).toHaveLength(8)
      }
    })

    it('starts anew after what leads nowhere, and goes on where a deleted tag was', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: tags('1', '2', '3') })
      const id = await idOf(store)
      const namesAfter = async (order: TagOrder, text: string) =>
        (await store.tags.listDetails(id, { order, after: text, limit: 10 })).items.map(({ tag }) => tag)
      expect(await namesAfter('pushed', 'no id')).toEqual(['3', '2', '1'])
      expect(await namesAfter('version', 'latest')).toEqual(['3', '2', '1'])
      await store.tags.delete(id, '2' as Tag, ORIGIN)
      expect(await namesAfter('name', '2')).toEqual(['3'])
      expect(await namesAfter('version', '2')).toEqual(['1'])
    })

    it('has each tag that stays exactly once, in order, whatever is pushed, moved and deleted between its pages', async () => {
      const { store } = underTest()
      const anyTag = fc
        .tuple(fc.constantFrom('', 'v', 'x', 'pr-'), fc.nat(12), fc.constantFrom('', '.0', '.1', '-rc.1'))
        .map((parts) => tags(parts.join(''))[0] ?? LATEST)
      let run = 0
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...TAG_ORDERS),
          fc.uniqueArray(anyTag, { minLength: 1, maxLength: 12 }),
          fc.array(fc.record({ tag: anyTag, isDeleted: fc.boolean() }), { maxLength: 8 }),
          fc.integer({ min: 1, max: 4 }),
          async (order, names, changes, limit) => {
            run += 1
            const repository = parseRepositoryName(`pages/run-${run}`)
            await put(store, 'before', { repository, tags: names })
            const id = await idOf(store, repository)
            const seen: Tag[] = []
            const queue = [...changes]
            await readPages(async (page) => {
              const read = await store.tags.listDetails(id, { order, ...page })
              seen.push(...read.items.map(({ tag }) => tag))
              for (const { tag, isDeleted } of queue.splice(0, 2)) {
                if (isDeleted) await store.tags.delete(id, tag, ORIGIN)
                else await put(store, 'between', { repository, tags: [tag] })
              }
              return read
            }, limit)
            const touched = new Set(changes.map(({ tag }) => tag))
            const stayed = names.filter((name) => !touched.has(name))
            expect(seen.filter((tag) => !touched.has(tag))).toEqual(sorted(stayed, order))
            // Nothing is there twice but what was moved meanwhile to a later place among the pushed.
            if (order !== 'pushed') expect(new Set(seen).size).toBe(seen.length)
          },
        ),
        { numRuns: 60 },
      )
    })
  })

  describe('the bytes of a tag', () => {
    it('are those of its manifest and of what that needs, each blob once', async () => {
      const { store } = underTest()
      const layer = bytes(1000, 'l')
      await putImage(store, 'image', [bytes(100, 'c'), layer, layer], { tags: [LATEST] })
      expect(await sizesOf(store)).toEqual([1105, 1105])
      const config = bytes(50, 'x')
      await putImage(store, 'another', [config, config], { tags: [LATEST] })
      expect(await sizesOf(store)).toEqual([57, 57])
    })

    it('of an index are those of all its children, of which the largest platform is pulled', async () => {
      const { store } = underTest()
      const shared = bytes(1000, 's')
      const small = await putImage(store, 'amd64', [bytes(10, 'a'), shared])
      const large = await putImage(store, 'arm64', [bytes(20, 'b'), shared, bytes(300, 'l')])
      await putIndex(store, 'the index', [small, large])
      expect(await sizesOf(store)).toEqual([9 + 5 + 5 + 1000 + 10 + 20 + 300, 9 + 5 + 1000 + 20 + 300])
    })

    it('that are pulled are not those of an attestation, as long as there is an image', async () => {
      const { store } = underTest()
      const image = await putImage(store, 'amd64', [bytes(10, 'a')])
      const sbom = await putImage(store, 'sbom', [bytes(5, 'b'), bytes(9000, 's')], { description: of('attestation') })
      await putIndex(store, 'the index', [image, sbom])
      expect(await sizesOf(store)).toEqual([9 + 5 + 10 + 4 + 9005, 9 + 5 + 10])
      await putIndex(store, 'attestations', [sbom])
      expect(await sizesOf(store)).toEqual([12 + 4 + 9005, 12 + 4 + 9005])
    })

    it('reach through indexes of indexes, into blobs that an index has as children, and never go round', async () => {
      const { store } = underTest()
      const image = await putImage(store, 'amd64', [bytes(10, 'a')])
      const inner = await putIndex(store, 'inner', [image])
      const blob = await link(store, bytes(700, 'k'))
      // Not even what claims to contain itself.
      await putIndex(store, 'outer', [inner, image, blob, digestOf('outer')], true)
      expect(await sizesOf(store)).toEqual([5 + 5 + 5 + 10 + 700, 5 + 700 + 5 + 10])
    })

    it('are of what the repository has: neither of what lies elsewhere nor of what others have', async () => {
      const { store } = underTest()
      const foreign = await link(store, bytes(5000, 'w'), WEB)
      const child = await put(store, 'a child of others', { repository: WEB })
      await put(store, 'image', { references: [{ kind: 'layer', digest: foreign, isRequired: false }], tags: [LATEST] })
      expect(await sizesOf(store)).toEqual([5, 5])
      await putIndex(store, 'sparse', [child], true)
      expect(await sizesOf(store)).toEqual([6, 6])
    })
  })
}

function sorted(names: readonly Tag[], order: TagOrder): Tag[] {
  if (order === 'name') return [...names].sort()
  if (order === 'pushed') return names.toReversed()
  const key = (name: Tag) => `${tagSortKey(name)} ${name}`
  return [...names].sort((a, b) => (key(a) < key(b) ? 1 : -1))
}
