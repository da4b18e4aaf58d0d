import { describe, expect, it } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import type { Tag } from '../../../oci/reference.ts'
import type { RepositoryId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { recentPullsAt } from '../../../storage/metadata/pulls.ts'
import { readTrail } from './audit-log.ts'
import { digestOf, getRepository, idOf, LATEST, ORIGIN, put, tags, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const DAY_MS = 86_400_000

const byTag = (tag: Tag) => ({ kind: 'tag', tag }) as const
const byDigest = (digest: Digest) => ({ kind: 'digest', digest }) as const

async function countsOf(store: MetadataStore, repositoryId: RepositoryId) {
  const { items } = await store.tags.listDetails(repositoryId, { order: 'name', after: undefined, limit: 100 })
  return Object.fromEntries(items.map(({ tag, pulls, lastPulledAt }) => [tag, [pulls, lastPulledAt]]))
}

/** How often things are pulled. */
export function describePulls(underTest: () => MetadataStoreUnderTest): void {
  describe('pulls', () => {
    it('are none until some are recorded', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      expect(await getRepository(store)).toMatchObject({ pulls: 0, recentPulls: 0, lastPulledAt: undefined })
      expect(await countsOf(store, await idOf(store))).toEqual({ latest: [0, undefined] })
      await store.pulls.record([])
    })

    it('by tag count for the tag and the repository, and add up', async () => {
      const { store, clock } = underTest()
      await put(store, 'image', { tags: tags('1', 'latest') })
      const repositoryId = await idOf(store)
      const lastAt = clock.now()
      await store.pulls.record([{ repositoryId, reference: byTag(LATEST), count: 2, lastAt }])
      await store.pulls.record([
        { repositoryId, reference: byTag(LATEST), count: 3, lastAt: lastAt + 1000 },
        { repositoryId, reference: byTag('1' as Tag), count: 1, lastAt },
      ])
      expect(await countsOf(store, repositoryId)).toEqual({ '1': [1, lastAt], latest: [5, lastAt + 1000] })
      expect(await getRepository(store)).toMatchObject({ pulls: 6, lastPulledAt: lastAt + 1000 })
    })

    it('by digest count for each tag that points there, and once for the repository', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'image', { tags: tags('1', '1.0', 'latest') })
      await put(store, 'another', { tags: tags('2') })
      const repositoryId = await idOf(store)
      const lastAt = clock.now()
      await store.pulls.record([{ repositoryId, reference: byDigest(digest), count: 2, lastAt }])
      const twice = [2, lastAt]
      expect(await countsOf(store, repositoryId)).toEqual({
        '1': twice,
        '1.0': twice,
        '2': [0, undefined],
        latest: twice,
      })
      expect((await getRepository(store)).pulls).toBe(2)
    })

    it('of a manifest without a tag are part of a pull that was counted already', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'a child of an index')
      const repositoryId = await idOf(store)
      await store.pulls.record([{ repositoryId, reference: byDigest(digest), count: 1, lastAt: clock.now() }])
      expect(await getRepository(store)).toMatchObject({ pulls: 0, lastPulledAt: undefined })
    })

    it('by digest are of the tag that pointed there at the time, though it moved before they were recorded', async () => {
      const { store, clock } = underTest()
      const digest = await put(store, 'first', { tags: [LATEST] })
      const repositoryId = await idOf(store)
      const lastAt = clock.now()
      clock.advance(1000)
      await put(store, 'second', { tags: [LATEST] })
      await store.pulls.record([{ repositoryId, reference: byDigest(digest), count: 1, lastAt }])
      expect(await countsOf(store, repositoryId)).toEqual({ latest: [1, lastAt] })
      await store.pulls.record([{ repositoryId, reference: byDigest(digest), count: 1, lastAt: clock.now() }])
      expect(await countsOf(store, repositoryId)).toEqual({ latest: [1, lastAt] })
      expect((await getRepository(store)).pulls).toBe(1)
    })

    it('stay with the name of a tag, whatever it points to, and when it is deleted and comes back', async () => {
      const { store, clock } = underTest()
      await put(store, 'first', { tags: [LATEST] })
      const repositoryId = await idOf(store)
      const lastAt = clock.now()
      await store.pulls.record([{ repositoryId, reference: byTag(LATEST), count: 7, lastAt }])
      await put(store, 'second', { tags: [LATEST] })
      expect(await countsOf(store, repositoryId)).toEqual({ latest: [7, lastAt] })
      await store.tags.delete(repositoryId, LATEST, ORIGIN)
      await put(store, 'third', { tags: [LATEST] })
      expect(await countsOf(store, repositoryId)).toEqual({ latest: [7, lastAt] })
    })

    it('of a tag or a repository that has gone since are left out, and spoil nothing of the rest', async () => {
      const { store, clock } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      await put(store, 'image', { tags: tags('1', 'gone'), repository: WEB })
      const [app, web] = [await idOf(store), await idOf(store, WEB)]
      const lastAt = clock.now()
      await store.repositories.delete(app, ORIGIN)
      await store.tags.delete(web, 'gone' as Tag, ORIGIN)
      await store.pulls.record([
        { repositoryId: app, reference: byTag(LATEST), count: 1, lastAt },
        { repositoryId: app, reference: byDigest(digestOf('image')), count: 1, lastAt },
        { repositoryId: web, reference: byTag('gone' as Tag), count: 1, lastAt },
        { repositoryId: web, reference: byTag('1' as Tag), count: 1, lastAt },
      ])
      expect(await countsOf(store, web)).toEqual({ '1': [1, lastAt] })
      // The bytes of the deleted tag were sent all the same.
      expect((await getRepository(store, WEB)).pulls).toBe(2)
    })

    it('count half as much as recent ones every 15 days, in whatever order they are recorded', async () => {
      const { store, clock } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      const repositoryId = await idOf(store)
      const start = clock.now()
      const record = (count: number, days: number) =>
        store.pulls.record([{ repositoryId, reference: byTag(LATEST), count, lastAt: start + days * DAY_MS }])
      await record(8, 0)
      await record(1, 30)
      expect((await getRepository(store)).recentPulls).toBeCloseTo(8 / 4 + 1)
      await record(4, 15)
      const repository = await getRepository(store)
      expect(repository.recentPulls).toBeCloseTo(8 / 4 + 4 / 2 + 1)
      expect(repository).toMatchObject({ pulls: 13, lastPulledAt: start + 30 * DAY_MS })
      expect(await countsOf(store, repositoryId)).toEqual({ latest: [13, start + 30 * DAY_MS] })
      expect(recentPullsAt(repository, start + 45 * DAY_MS)).toBeCloseTo(5 / 2)
    })

    it('are nobody’s decision: no version changes, no push is claimed, and the trail has nothing of them', async () => {
      const { store, clock } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      const before = { trail: await readTrail(store), repository: await getRepository(store) }
      clock.advance(1000)
      const { id: repositoryId } = before.repository
      await store.pulls.record([{ repositoryId, reference: byTag(LATEST), count: 1, lastAt: clock.now() }])
      expect(await readTrail(store)).toEqual(before.trail)
      const counted = { pulls: 1, recentPulls: 1, lastPulledAt: clock.now() }
      expect(await getRepository(store)).toEqual({ ...before.repository, ...counted })
    })

    it('go with their repository', async () => {
      const { store, clock } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      const repositoryId = await idOf(store)
      await store.pulls.record([{ repositoryId, reference: byTag(LATEST), count: 9, lastAt: clock.now() }])
      await store.repositories.delete(repositoryId, ORIGIN)
      await put(store, 'image', { tags: [LATEST] })
      expect((await getRepository(store)).pulls).toBe(0)
      expect(await countsOf(store, await idOf(store))).toEqual({ latest: [0, undefined] })
    })
  })
}
