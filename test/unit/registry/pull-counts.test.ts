import { describe, expect, onTestFinished, test } from 'vitest'
import type { Tag } from '../../../oci/reference.ts'
import { createPullCounts } from '../../../server/registry/pull-counts.ts'
import type { RepositoryId } from '../../../storage/metadata/identities.ts'
import type { GatheredPulls, PullStore } from '../../../storage/metadata/pulls.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { getRepository, put, tags } from '../../contract/metadata/sample-content.ts'
import { createVirtualClock } from '../../contract/metadata/virtual-clock.ts'

const REPOSITORY = 1 as RepositoryId

const byTag = (name: string) => ({ kind: 'tag', tag: name as Tag }) as const

/** Counts over a store that remembers what it is given, or fails. */
function openCounts() {
  const clock = createVirtualClock()
  const written: (readonly GatheredPulls[])[] = []
  let duringWrite: () => void = () => {}
  const store: PullStore = {
    async record(pulls) {
      duringWrite()
      written.push(pulls)
    },
  }
  return {
    clock,
    written,
    counts: createPullCounts({ store, now: clock.now }),
    onWrite(act: () => void) {
      duringWrite = act
    },
  }
}

function fail(): never {
  throw new Error('the disk is full')
}

describe('pulls are gathered', () => {
  test('by repository and reference, with the time of the last, and written once', async () => {
    const { clock, written, counts } = openCounts()
    const firstAt = clock.now()
    counts.note(REPOSITORY, byTag('a'))
    counts.note(REPOSITORY, byTag('b'))
    counts.note(2 as RepositoryId, byTag('a'))
    clock.advance(1000)
    counts.note(REPOSITORY, byTag('a'))
    await counts.flush()
    await counts.flush()
    expect(written).toEqual([
      [
        { repositoryId: 1, reference: byTag('a'), count: 2, lastAt: clock.now() },
        { repositoryId: 1, reference: byTag('b'), count: 1, lastAt: firstAt },
        { repositoryId: 2, reference: byTag('a'), count: 1, lastAt: firstAt },
      ],
    ])
  })

  test('and none is lost when they cannot be written: they are added to those that came since', async () => {
    const { clock, written, counts, onWrite } = openCounts()
    counts.note(REPOSITORY, byTag('a'))
    counts.note(REPOSITORY, byTag('b'))
    onWrite(() => {
      clock.advance(1000)
      counts.note(REPOSITORY, byTag('a'))
      fail()
    })
    await expect(counts.flush()).rejects.toThrow('the disk is full')
    onWrite(() => {})
    await counts.flush()
    expect(written).toHaveLength(1)
    expect(written[0]).toContainEqual({ repositoryId: 1, reference: byTag('a'), count: 2, lastAt: clock.now() })
    expect(written[0]).toContainEqual({ repositoryId: 1, reference: byTag('b'), count: 1, lastAt: clock.now() - 1000 })
  })

  test('and written in parts, of which those that were written are not written again', async () => {
    const { written, counts, onWrite } = openCounts()
    for (let index = 0; index < 2500; index++) counts.note(REPOSITORY, byTag(`t${index}`))
    onWrite(() => written.length === 1 && fail())
    await expect(counts.flush()).rejects.toThrow('the disk is full')
    onWrite(() => {})
    await counts.flush()
    const names = written.flat().map(({ reference }) => reference.kind === 'tag' && reference.tag)
    expect(names).toHaveLength(2500)
    expect(new Set(names).size).toBe(2500)
    expect(Math.max(...written.map((part) => part.length))).toBeLessThanOrEqual(1000)
  })

  test('and written at once when they are too many to keep, and whoever flushes then waits for that, too', async () => {
    const { written, counts } = openCounts()
    for (let index = 0; index < 20_000; index++) counts.note(REPOSITORY, byTag(`t${index}`))
    await counts.flush()
    expect(written.flat()).toHaveLength(20_000)
  })

  test('and no more than can be kept while they cannot be written; what is known goes on being counted', async () => {
    const { written, counts, onWrite } = openCounts()
    let tries = 0
    onWrite(() => {
      tries += 1
      fail()
    })
    for (let index = 0; index < 20_000; index++) counts.note(REPOSITORY, byTag(`t${index}`))
    await expect(counts.flush()).rejects.toThrow('the disk is full')
    for (let index = 0; index < 30_000; index++) counts.note(REPOSITORY, byTag(`t${index}`))
    expect(tries).toBe(2)
    onWrite(() => {})
    await counts.flush()
    expect(written.flat()).toHaveLength(20_000)
    expect(written.flat().every(({ count }) => count === 2)).toBe(true)
  })
})

test('counting a pull takes some microseconds, and writing the pulls of 1000 tags some milliseconds', async () => {
  const underTest = await openSqliteUnderTest()
  onTestFinished(() => underTest.close())
  const { store, clock } = underTest
  const names = tags(...Array.from({ length: 1000 }, (_, index) => `t${index}`))
  await put(store, 'image', { tags: names })
  const { id } = await getRepository(store)
  const counts = createPullCounts({ store: store.pulls, now: clock.now })
  const bestMs = { note: Number.POSITIVE_INFINITY, flush: Number.POSITIVE_INFINITY }
  for (let round = 0; round < 5; round++) {
    const startMs = performance.now()
    for (const name of names) counts.note(id, byTag(name))
    const notedMs = performance.now()
    await counts.flush()
    bestMs.note = Math.min(bestMs.note, notedMs - startMs)
    bestMs.flush = Math.min(bestMs.flush, performance.now() - notedMs)
  }
  expect((await getRepository(store)).pulls).toBe(5000)
  expect(bestMs.note).toBeLessThan(20)
  expect(bestMs.flush).toBeLessThan(200)
})
