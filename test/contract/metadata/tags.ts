import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import type { Tag } from '../../../oci/reference.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { readPages } from './read-pages.ts'
import { digestOf, historyOf, idOf, LATEST, ORIGIN, put, tags, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** A lifetime that has not ended, of which the test says what it pointed to and since when. */
const live = {
  tag: LATEST,
  mediaType: MEDIA_TYPES.ociManifest,
  endedAt: undefined,
  startedBy: ORIGIN.accountName,
  endedBy: undefined,
}

/** Tags and their lifetimes. */
export function describeTags(underTest: () => MetadataStoreUnderTest): void {
  describe('tags', () => {
    it('are listed in ASCII order: digits, capitals, underscore, small letters', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: tags('a', 'B', '_x', 'A', '1.0', 'b', '1-0', '10', 'a.b') })
      const { items } = await store.tags.list(await idOf(store), { after: undefined, limit: 100 })
      expect(items).toEqual(['1-0', '1.0', '10', 'A', 'B', '_x', 'a', 'a.b', 'b'])
    })

    it.each([1, 2, 3, 4, 7, 8, 9])('come in pages of %i, each once', async (limit) => {
      const { store } = underTest()
      const names = tags('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
      await put(store, 'image', { tags: names })
      const id = await idOf(store)
      const pages = await readPages((request) => store.tags.list(id, request), limit)
      expect(pages.flat()).toEqual(names)
      expect(pages).toHaveLength(Math.ceil(names.length / limit))
    })

    it('go on after a name that is not there, or no longer', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: tags('a', 'c', 'e') })
      const id = await idOf(store)
      expect((await store.tags.list(id, { after: 'b', limit: 10 })).items).toEqual(['c', 'e'])
      expect((await store.tags.list(id, { after: 'c', limit: 10 })).items).toEqual(['e'])
      expect(await store.tags.list(id, { after: 'zzz', limit: 10 })).toEqual({ items: [], next: undefined })
      expect(await store.tags.list(id, { after: "' OR 1=1 --", limit: 1 })).toEqual({ items: ['a'], next: 'a' })
    })

    it('asked for none are none, and lead nowhere', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: tags('a', 'b') })
      expect(await store.tags.list(await idOf(store), { after: undefined, limit: 0 })).toEqual({
        items: [],
        next: undefined,
      })
    })

    it('of one repository are not those of another', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: tags('of-app') })
      await put(store, 'image', { tags: tags('of-web'), repository: WEB })
      expect((await store.tags.list(await idOf(store, WEB), { after: undefined, limit: 9 })).items).toEqual(['of-web'])
      expect(await store.tags.delete(await idOf(store, WEB), 'of-app' as Tag, ORIGIN)).toBe(false)
      expect((await store.tags.list(await idOf(store), { after: undefined, limit: 9 })).items).toEqual(['of-app'])
    })

    it('that move end one lifetime and begin another at the same moment', async () => {
      const { store, clock } = underTest()
      const startMs = clock.now()
      const first = await put(store, 'first', { tags: [LATEST] })
      clock.advance(1000)
      const second = await put(store, 'second', { tags: [LATEST] })
      expect(await historyOf(store, await idOf(store))).toEqual([
        { ...live, digest: second, startedAt: startMs + 1000 },
        { ...live, digest: first, startedAt: startMs, endedAt: startMs + 1000, endedBy: 'alice' },
      ])
    })

    it('pushed again to the same manifest live on as if nothing had happened', async () => {
      const { store, clock } = underTest()
      const startMs = clock.now()
      const digest = await put(store, 'image', { tags: [LATEST] })
      clock.advance(1000)
      await put(store, 'image', { tags: [LATEST] })
      expect(await historyOf(store, await idOf(store))).toEqual([{ ...live, digest, startedAt: startMs }])
    })

    it('that are deleted end, and leave the manifest', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'image', { tags: tags('latest', '1.0') })
      const id = await idOf(store)
      clock.advance(1000)
      expect(await store.tags.delete(id, LATEST, ORIGIN)).toBe(true)
      expect(await store.tags.delete(id, LATEST, ORIGIN)).toBe(false)
      expect(await store.manifests.resolve(id, { kind: 'tag', tag: LATEST })).toBeUndefined()
      expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toMatchObject({ digest })
      expect((await store.tags.list(id, { after: undefined, limit: 10 })).items).toEqual(['1.0'])
      expect(await historyOf(store, id)).toMatchObject([{ digest, endedAt: clock.now() }])
    })

    it('may be made again after they were deleted, as a new lifetime', async () => {
      const { store, clock } = underTest()
      const startMs = clock.now()
      const digest = await put(store, 'image', { tags: [LATEST] })
      const id = await idOf(store)
      await store.tags.delete(id, LATEST, ORIGIN)
      clock.advance(1000)
      await put(store, 'image', { tags: [LATEST] })
      expect(await historyOf(store, id)).toEqual([
        { ...live, digest, startedAt: startMs + 1000 },
        { ...live, digest, startedAt: startMs, endedAt: startMs, endedBy: 'alice' },
      ])
    })

    it('remember a manifest that is deleted, and when that was', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'image', { tags: [LATEST] })
      const id = await idOf(store)
      clock.advance(1000)
      await store.manifests.delete(id, digest, ORIGIN)
      expect(await historyOf(store, id)).toMatchObject([{ digest, endedAt: clock.now() }])
    })

    it('show as much of their history as was asked for, the newest first, and where it goes on', async () => {
      const { store } = underTest()
      for (const content of ['a', 'b', 'c', 'd']) await put(store, content, { tags: [LATEST] })
      const id = await idOf(store)
      const pages = await readPages((page) => store.tags.history(id, LATEST, page), 3)
      expect(pages.map((page) => page.map(({ digest }) => digest))).toEqual([
        [digestOf('d'), digestOf('c'), digestOf('b')],
        [digestOf('a')],
      ])
      expect(await historyOf(store, id, 'never' as Tag)).toEqual([])
    })

    it('hold what a simple map would hold, whatever is pushed, moved and deleted', async () => {
      const { store, clock } = underTest()
      const tag = fc.constantFrom(...tags('a', 'b', 'c'))
      const content = fc.constantFrom('x', 'y', 'z')
      const step = fc.oneof(
        fc.record({ kind: fc.constant('push' as const), content, tags: fc.uniqueArray(tag) }),
        fc.record({ kind: fc.constant('untag' as const), tag }),
        fc.record({ kind: fc.constant('delete' as const), content }),
      )
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
          run += 1
          const repository = parseRepositoryName(`model/run-${run}`)
          const live = new Map<Tag, Digest>()
          await put(store, 'first', { repository })
          const id = await idOf(store, repository)
          for (const each of steps) {
            clock.advance(1)
            if (each.kind === 'push') {
              const digest = await put(store, each.content, { repository, tags: each.tags })
              for (const moved of each.tags) live.set(moved, digest)
            } else if (each.kind === 'untag') {
              expect(await store.tags.delete(id, each.tag, ORIGIN)).toBe(live.delete(each.tag))
            } else {
              const digest = digestOf(each.content)
              await store.manifests.delete(id, digest, ORIGIN)
              for (const [name, target] of live) if (target === digest) live.delete(name)
            }
          }
          expect((await store.tags.list(id, { after: undefined, limit: 10 })).items).toEqual([...live.keys()].sort())
          for (const name of tags('a', 'b', 'c')) {
            const target = live.get(name)
            expect((await store.manifests.resolve(id, { kind: 'tag', tag: name }))?.digest).toBe(target)
            const history = await historyOf(store, id, name)
            const open = history.filter(({ endedAt }) => endedAt === undefined)
            expect(open.map(({ digest }) => digest)).toEqual(target === undefined ? [] : [target])
            // Newest first, and none begins before the one before it has ended.
            for (const [index, lifetime] of history.entries()) {
              const older = history[index + 1]
              if (older !== undefined) expect(lifetime.startedAt).toBeGreaterThanOrEqual(older.endedAt ?? Infinity)
            }
          }
        }),
        { numRuns: 25 },
      )
    })
  })
}
