import { rm } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Digest } from '../../oci/digest.ts'
import { bytesOf, digestOf, expectBytes, pull } from '../contract/blob-store-content.ts'
import { type OpenScrub, openScrub } from '../unit/scrub/open-scrub.ts'
import { checkAsync } from './check.ts'

/** What may have become of a blob. */
type Fate =
  | { readonly kind: 'whole' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'flipped'; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'overwritten'; readonly bytes: Uint8Array }

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('whole' as const) }) },
  fc.record({ kind: fc.constant('gone' as const) }),
  fc.record({ kind: fc.constant('flipped' as const), bit: fc.nat() }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('overwritten' as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
)

/** What is left of some bytes; undefined when nothing is. */
function suffer(bytes: Buffer, what: Fate): Buffer | undefined {
  switch (what.kind) {
    case 'whole':
      return bytes
    case 'gone':
      return undefined
    case 'cut':
      return bytes.subarray(0, what.at % (bytes.byteLength + 1))
    case 'overwritten':
      return Buffer.from(what.bytes)
    case 'flipped': {
      const flipped = Buffer.from(bytes)
      const at = Math.floor(what.bit / 8) % bytes.byteLength
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (what.bit % 8))
      return flipped
    }
  }
}

async function apply(open: OpenScrub, digest: Digest, left: Buffer | undefined): Promise<void> {
  if (left === undefined) await rm(open.paths.blob(digest))
  else await open.overwrite(digest, left)
}

test('a scrub names exactly the damaged blobs, whatever became of them and wherever it was stopped', async () => {
  await checkAsync(
    fc.asyncProperty(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 40 }), fate }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 12 }),
      async (contents, stopAfter) => {
        const open = await openScrub()
        const whole = new Map<Digest, Buffer>()
        const damaged = new Set<Digest>()
        for (const [seed, { size, fate: what }] of contents.entries()) {
          const bytes = bytesOf(size, seed + 1)
          const digest = await open.upload(bytes)
          // Two of one byte may be the same blob.
          if (whole.has(digest) || damaged.has(digest)) continue
          const left = suffer(bytes, what)
          await apply(open, digest, left)
          if (left !== undefined && digestOf(left) === digest) whole.set(digest, bytes)
          else damaged.add(digest)
        }

        const stop = new AbortController()
        let opens = 0
        open.intercept(({ kind }) => {
          if (kind === 'open' && ++opens === stopAfter) stop.abort()
        })
        await open.scrub({ signal: stop.signal })
        open.intercept(() => {})
        const { finishedAt, progress } = await open.scrub({ startsOver: false })

        expect(finishedAt).toBeDefined()
        expect(new Set((await open.damages()).map(([digest]) => digest))).toEqual(damaged)
        for (const [digest, bytes] of whole) expectBytes(await pull(open.blobs, digest), bytes)
        for (const digest of damaged) expect(await open.blobs.stat(digest)).toBeUndefined()
        // The second may have found the first one finished, and then is a whole one.
        expect(progress.blobs).toBeLessThanOrEqual(whole.size + damaged.size)
        await open.close()
      },
    ),
    { numRuns: 15 },
  )
})
