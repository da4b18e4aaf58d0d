import { describe, expect, it } from 'vitest'
import type { ScrubProgress } from '../../../storage/metadata/scrubs.ts'
import { readTrail } from './audit-log.ts'
import { digestOf, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const NONE: ScrubProgress = {
  lastDigest: undefined,
  lastManifestId: undefined,
  blobs: 0,
  blobBytes: 0,
  manifests: 0,
  damaged: 0,
}
const SOME: ScrubProgress = { ...NONE, lastDigest: digestOf('some'), blobs: 3, blobBytes: 30, damaged: 1 }
const SLOW = { bytesPerSecond: 1000, startsOver: false }

/** How far a scrub is, for whoever goes on with it. */
export function describeScrubs(underTest: () => MetadataStoreUnderTest): void {
  describe('a scrub', () => {
    it('is not there before the first', async () => {
      const { store } = underTest()
      expect(await store.scrubs.find()).toBeUndefined()
      expect(await store.scrubs.pause(undefined, ORIGIN)).toBeUndefined()
    })

    it('remembers how far it is, also after a restart, until it is finished', async () => {
      const { store, clock, reopen } = underTest()
      const started = await store.scrubs.start(SLOW, ORIGIN)
      expect(started).toMatchObject({ startedAt: clock.now(), bytesPerSecond: 1000, progress: NONE })
      await store.scrubs.checkpoint(started.id, SOME)
      await reopen()
      const { scrubs } = underTest().store
      expect(await scrubs.find()).toEqual({ ...started, progress: SOME })
      expect(await scrubs.start({ ...SLOW, bytesPerSecond: undefined }, ORIGIN)).toEqual({
        ...started,
        bytesPerSecond: undefined,
        progress: SOME,
      })
      const done = { ...SOME, blobs: 4 }
      expect(await scrubs.finish(started.id, done)).toMatchObject({ finishedAt: clock.now(), progress: done })
      const next = await scrubs.start(SLOW, ORIGIN)
      expect(next).toMatchObject({ finishedAt: undefined, progress: NONE })
      expect(next.id).not.toBe(started.id)
    })

    it('can be paused, with or without a problem, and goes on where it was', async () => {
      const { store, clock } = underTest()
      const { id } = await store.scrubs.start(SLOW, ORIGIN)
      await store.scrubs.checkpoint(id, SOME)
      expect(await store.scrubs.pause('the disk is gone', ORIGIN)).toMatchObject({
        pausedAt: clock.now(),
        problem: 'the disk is gone',
      })
      // Whoever does it learns of that with its next word, which is not lost.
      const later = { ...SOME, blobs: 5 }
      expect(await store.scrubs.checkpoint(id, later)).toMatchObject({ pausedAt: clock.now(), progress: later })
      const resumed = await store.scrubs.start(SLOW, ORIGIN)
      expect(resumed).toMatchObject({ id, pausedAt: undefined, problem: undefined, progress: later })
    })

    it('can be started over, and what the one before still has to say changes nothing', async () => {
      const { store } = underTest()
      const before = await store.scrubs.start(SLOW, ORIGIN)
      const anew = await store.scrubs.start({ ...SLOW, startsOver: true }, ORIGIN)
      expect(anew.id).not.toBe(before.id)
      expect(await store.scrubs.checkpoint(before.id, SOME)).toEqual(anew)
      expect(await store.scrubs.finish(before.id, SOME)).toEqual(anew)
      expect(await store.scrubs.find()).toEqual(anew)
    })

    it('leaves an event for who started and who paused it, and none for asking twice', async () => {
      const { store } = underTest()
      await store.scrubs.start(SLOW, ORIGIN)
      await store.scrubs.start(SLOW, ORIGIN)
      await store.scrubs.pause(undefined, ORIGIN)
      await store.scrubs.pause(undefined, ORIGIN)
      await store.scrubs.start(SLOW, ORIGIN)
      const actions = (await readTrail(store)).map(({ action }) => action)
      expect(actions.filter((action) => action.startsWith('scrub.')).sort()).toEqual([
        'scrub.paused',
        'scrub.started',
        'scrub.started',
      ])
    })
  })
}
