import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ArchiveRefusal } from '../../oci/archive-refusal.ts'
import { decompressArchive } from '../../server/archives/decompress.ts'
import { createMemoryBudget } from '../../server/archives/memory-budget.ts'
import { inChunks } from '../contract/blob-store-content.ts'
import { zstdStored } from '../support/archives.ts'
import { checkAsync } from './check.ts'

const MAX_BYTES = 300_000

/** What comes out; undefined for what is refused. */
async function decompress(bytes: Uint8Array, chunkBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let total = 0
  const count = (more: number) => {
    total += more
    if (total > MAX_BYTES) throw new ArchiveRefusal('too-large', 'as much as this test wants to see')
  }
  try {
    const limits = { budget: createMemoryBudget(10_000_000), count }
    for await (const chunk of decompressArchive(inChunks(bytes, chunkBytes), limits))
      chunks.push(Uint8Array.from(chunk))
    return Buffer.concat(chunks)
  } catch (error) {
    if (error instanceof ArchiveRefusal) return undefined
    throw error
  }
}

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 2000 })).map(([bytes, times]) => {
    return Buffer.concat(Array.from({ length: times }, () => bytes))
  }),
)
const chunkSizes = fc.constantFrom(1, 100, 65_536)

test('what was compressed comes out as it was, in however many pieces it was compressed and arrives', async () => {
  const compressors = fc.constantFrom(
    (bytes: Uint8Array) => gzipSync(bytes),
    (bytes: Uint8Array) => gzipSync(bytes, { level: 0 }),
    (bytes: Uint8Array) => Buffer.concat([gzipSync(bytes.subarray(0, 10)), gzipSync(bytes.subarray(10))]),
    (bytes: Uint8Array) => zstdStored(bytes),
    (bytes: Uint8Array) => Buffer.concat([zstdStored(bytes.subarray(0, 10)), zstdStored(bytes.subarray(10))]),
  )
  await checkAsync(
    fc.asyncProperty(content, compressors, chunkSizes, async (bytes, compress, chunkBytes) => {
      const compressed = compress(bytes)
      // Each piece of one byte is a turn of the loop: what is long need not come so.
      const atOnce = compressed.length > 1000 ? Math.max(chunkBytes, 100) : chunkBytes
      expect((await decompress(compressed, atOnce))?.equals(bytes)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('S37: damaged gzip is refused, or what came of it is what zlib makes of it', async () => {
  const change = fc.record({
    at: fc.oneof(fc.nat(20), fc.nat(3000)),
    removed: fc.nat(3),
    inserted: fc.uint8Array({ maxLength: 3 }),
    tail: fc.oneof(fc.constant(Buffer.alloc(0)), fc.uint8Array({ maxLength: 30 }), fc.constant(deflateRawSync('x'))),
  })
  await checkAsync(
    fc.asyncProperty(content, fc.array(change, { maxLength: 3 }), chunkSizes, async (bytes, changes, chunkBytes) => {
      let compressed = gzipSync(bytes)
      for (const { at, removed, inserted, tail } of changes) {
        const changed = [compressed.subarray(0, at), inserted, compressed.subarray(at + removed), tail]
        compressed = Buffer.concat(changed)
      }
      const isGzip = compressed[0] === 0x1f && compressed[1] === 0x8b
      const actual = await decompress(compressed, Math.max(chunkBytes, 20))
      if (!isGzip) return
      expect(actual?.toString('latin1')).toBe(gunzipped(compressed)?.toString('latin1'))
    }),
    { numRuns: 400 },
  )
})

function gunzipped(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  } catch {
    return undefined
  }
}
