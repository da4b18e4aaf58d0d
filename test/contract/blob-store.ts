import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Digest } from '../../oci/digest.ts'
import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import {
  bytesOf,
  collect,
  digestOf,
  expectBytes,
  openBlob,
  pull,
  push,
  readBlob,
  stage,
  startUpload,
} from './blob-store-content.ts'
import { describeBlobUploads } from './blob-store-uploads.ts'

/** A store as a test gets it: empty, and its own. */
export interface BlobStoreUnderTest {
  readonly store: BlobStore
  /** Removes all that the store left. */
  close(): Promise<void>
}

const MIB = 1024 * 1024

/** What every blob store must do, whatever it keeps the bytes in. */
export function describeBlobStore(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(`the ${name} blob store`, () => {
    let underTest: BlobStoreUnderTest
    let store: BlobStore

    beforeEach(async () => {
      underTest = await open()
      store = underTest.store
    })

    afterEach(() => underTest.close())

    describeBlobUploads(() => store)

    describe('reading', () => {
      it('knows no blob that was not pushed', async () => {
        const digest = digestOf(bytesOf(10))
        expect(await store.stat(digest)).toBeUndefined()
        expect(await store.open(digest)).toBeUndefined()
        expect(await store.delete(digest)).toBe(false)
        expect(await collect(store.list())).toEqual([])
      })

      it.each([0, 1, 2, 16 * 1024, MIB - 1, MIB, MIB + 1, 3 * MIB + 7])(
        'gives back a blob of %i bytes',
        async (size) => {
          const bytes = bytesOf(size)
          const digest = await push(store, bytes)
          expect(await store.stat(digest)).toEqual({ digest, size })
          expectBytes(await pull(store, digest), bytes)
        },
      )

      it.each([
        { first: 0, last: 0 },
        { first: 0, last: MIB - 1 },
        { first: MIB - 1, last: MIB },
        { first: 12_345, last: 2 * MIB + 54_321 },
        { first: 3 * MIB - 1, last: 3 * MIB - 1 },
        { first: 0, last: 3 * MIB - 1 },
        { first: 5, last: 4 },
      ])('gives the bytes from $first to $last, both included', async (range) => {
        const bytes = bytesOf(3 * MIB)
        const blob = await openBlob(store, await push(store, bytes))
        expectBytes(await readBlob(blob, range), bytes.subarray(range.first, range.last + 1))
        await blob.close()
      })

      it.each([
        { first: -1, last: 3 },
        { first: 0, last: 10 },
        { first: 6, last: 4 },
      ])('refuses the range from $first to $last of ten bytes', async (range) => {
        const blob = await openBlob(store, await push(store, bytesOf(10)))
        await expect(readBlob(blob, range)).rejects.toThrow(/not a range of a blob of 10 bytes/)
        await blob.close()
      })

      it('lets many read one blob at the same time, each its own range', async () => {
        const bytes = bytesOf(3 * MIB)
        const digest = await push(store, bytes)
        const blob = await openBlob(store, digest)
        const starts = Array.from({ length: 12 }, (_, index) => index * 200_000)
        const reads = starts.map((first) => readBlob(blob, { first, last: first + 700_000 }))
        const results = await Promise.all(reads)
        for (const [index, first] of starts.entries())
          expectBytes(results[index], bytes.subarray(first, first + 700_001))
        await blob.close()
      })

      it('can be left early, and read again from the start', async () => {
        const bytes = bytesOf(3 * MIB)
        const blob = await openBlob(store, await push(store, bytes))
        for await (const chunk of blob.read({ first: 0, last: bytes.byteLength - 1 })) {
          expectBytes(Buffer.from(chunk), bytes.subarray(0, chunk.byteLength))
          break
        }
        expectBytes(await readBlob(blob), bytes)
        await blob.close()
      })

      it('ends a read when the blob is closed, instead of going on with fewer bytes', async () => {
        const bytes = bytesOf(5 * MIB)
        const blob = await openBlob(store, await push(store, bytes))
        const reading = (async () => {
          let read = 0
          for await (const chunk of blob.read({ first: 0, last: bytes.byteLength - 1 })) {
            read += chunk.byteLength
            await blob.close()
          }
          return read
        })()
        await expect(reading).rejects.toThrow(/closed before it was read to its end/)
      })
    })

    describe('deleting', () => {
      it('removes a blob, once', async () => {
        const digest = await push(store, bytesOf(100))
        expect(await store.delete(digest)).toBe(true)
        expect(await store.stat(digest)).toBeUndefined()
        expect(await store.open(digest)).toBeUndefined()
        expect(await store.delete(digest)).toBe(false)
      })

      it('does not disturb those who are reading the blob', async () => {
        const bytes = bytesOf(3 * MIB)
        const digest = await push(store, bytes)
        const blob = await openBlob(store, digest)
        const read: Buffer[] = []
        for await (const chunk of blob.read({ first: 0, last: bytes.byteLength - 1 })) {
          if (read.length === 0) await store.delete(digest)
          read.push(Buffer.from(chunk))
        }
        expectBytes(Buffer.concat(read), bytes)
        await blob.close()
      })

      it('lets the same blob be pushed again', async () => {
        const bytes = bytesOf(100)
        const digest = await push(store, bytes)
        await store.delete(digest)
        await push(store, bytes)
        expectBytes(await pull(store, digest), bytes)
      })
    })

    describe('quarantining', () => {
      it('takes a blob away from everybody but those who are reading it, until it is pushed again', async () => {
        const bytes = bytesOf(3 * MIB)
        const digest = await push(store, bytes)
        const blob = await openBlob(store, digest)
        expect(await blob.quarantine('why')).toBe(true)
        expect(await store.stat(digest)).toBeUndefined()
        expect(await store.open(digest)).toBeUndefined()
        expect(await collect(store.list())).toEqual([])
        expectBytes(await readBlob(blob), bytes)
        expect(await blob.quarantine('why')).toBe(false)
        await blob.close()

        await push(store, bytes)
        expectBytes(await pull(store, digest), bytes)
      })

      it('leaves alone what was pushed again since the blob was opened', async () => {
        const bytes = bytesOf(1000)
        const digest = await push(store, bytes)
        const blob = await openBlob(store, digest)
        await push(store, bytes)
        expect(await blob.quarantine('why')).toBe(false)
        await blob.close()
        expectBytes(await pull(store, digest), bytes)
      })

      it('does nothing to a blob that was deleted since, or deleted and pushed again', async () => {
        const bytes = bytesOf(1000)
        const digest = await push(store, bytes)
        const blob = await openBlob(store, digest)
        await store.delete(digest)
        expect(await blob.quarantine('why')).toBe(false)
        await push(store, bytes)
        expect(await blob.quarantine('why')).toBe(false)
        await blob.close()
        expectBytes(await pull(store, digest), bytes)
      })
    })

    describe('listing', () => {
      it('names every blob with its size, and no upload', async () => {
        const sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        const expected = []
        for (const size of sizes) {
          const algorithm = size % 2 === 0 ? 'sha256' : 'sha512'
          expected.push({ digest: await push(store, bytesOf(size), algorithm), size })
        }
        await stage(store, bytesOf(77))
        const listed = await collect(store.list())
        expect(listed.toSorted((one, other) => one.size - other.size)).toEqual(expected)
      })

      it('is in order of digest, and goes on after any', async () => {
        const digests = []
        for (let seed = 0; seed < 40; seed++) {
          digests.push(await push(store, bytesOf(10, seed), seed % 8 === 0 ? 'sha512' : 'sha256'))
        }
        digests.sort()
        const listedAfter = async (after?: Digest) => (await collect(store.list(after))).map(({ digest }) => digest)
        expect(await listedAfter()).toEqual(digests)
        for (const [position, digest] of digests.entries()) {
          expect(await listedAfter(digest)).toEqual(digests.slice(position + 1))
        }
        const absent = digestOf(bytesOf(99))
        expect(await listedAfter(absent)).toEqual(digests.filter((digest) => digest > absent))
      })

      it('names every upload in progress with the time of its last byte, and no blob', async () => {
        const beforeMs = Date.now()
        const empty = await startUpload(store)
        const begun = await stage(store, bytesOf(10))
        await push(store, bytesOf(20))
        await (await stage(store, bytesOf(30))).discard()
        const afterMs = Date.now()

        const listed = await collect(store.listUploads())
        expect(new Set(listed.map(({ key }) => key))).toEqual(new Set([empty.key, begun.key]))
        for (const { lastActivityAt } of listed) {
          // A file system's clock may be a few milliseconds behind.
          expect(lastActivityAt).toBeGreaterThan(beforeMs - 1000)
          expect(lastActivityAt).toBeLessThan(afterMs + 1000)
        }
      })
    })
  })
}
