import { describe, expect, it } from 'vitest'
import { parseTag } from '../../../oci/reference.ts'
import { readPages } from './read-pages.ts'
import { idOf, put, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/**
 * How many times as long the slowest of some reads takes as the first of them. The best of many tries counts, so that
 * a busy machine does not; a walk through all entries would show as their number over the size of a page.
 */
export async function slowdown(reads: readonly (() => Promise<unknown>)[]): Promise<number> {
  const bestMs: number[] = []
  for (let round = 0; round < 30; round++) {
    for (const [index, read] of reads.entries()) {
      const startMs = performance.now()
      await read()
      bestMs[index] = Math.min(bestMs[index] ?? Number.POSITIVE_INFINITY, performance.now() - startMs)
    }
  }
  const [reference = 0, ...others] = bestMs
  return Math.max(...others) / reference
}

/** What a page costs depends on the page, not on how much there is besides. */
export function describePageCosts(underTest: () => MetadataStoreUnderTest): void {
  describe('the cost of a page', () => {
    it('of tags is the same for 500 and for 50,000 of them, at the beginning and at the end', async () => {
      const { store } = underTest()
      const numbered = (count: number) =>
        Array.from({ length: count }, (_, index) => parseTag(`v${String(index).padStart(6, '0')}`))
      await put(store, 'few', { tags: numbered(500) })
      await put(store, 'many', { tags: numbered(50_000), repository: WEB })
      const [few, many] = [await idOf(store), await idOf(store, WEB)]
      const readOfMany = (after: string | undefined) => () => store.tags.list(many, { after, limit: 100 })
      const ratio = await slowdown([
        () => store.tags.list(few, { after: 'v000200', limit: 100 }),
        readOfMany(undefined),
        readOfMany('v025000'),
        readOfMany('v049899'),
      ])
      expect(ratio).toBeLessThan(10)
    })

    it('of tags reads 5,000 of them once each', async () => {
      const { store } = underTest()
      const names = Array.from({ length: 5000 }, (_, index) => parseTag(`t${String(index).padStart(4, '0')}`))
      await put(store, 'image', { tags: names.toReversed() })
      const id = await idOf(store)
      const pages = await readPages((page) => store.tags.list(id, page), 333)
      expect(pages.flat()).toEqual(names)
    })
  })
}
