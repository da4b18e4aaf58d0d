import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Digest } from '../../oci/digest.ts'
import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import type { BlobStoreUnderTest } from './blob-store.ts'
import {
  bytesOf,
  collect,
  digestOf,
  expectBytes,
  findUpload,
  inChunks,
  openBlob,
  pull,
  push,
  stage,
} from './blob-store-content.ts'

/** A store whose bytes outlive it, and can be reached behind its back. */
export interface DurableBlobStoreUnderTest extends BlobStoreUnderTest {
  /** The same bytes in a new store, which remembers nothing: as after a restart, or in another process. */
  reopen(): Promise<BlobStore>
  /** Puts other bytes where a blob is. */
  overwrite(digest: Digest, bytes: Uint8Array): Promise<void>
}

/** What every store must do besides whose bytes outlive the process. */
export function describeDurableBlobStore(name: string, open: () => Promise<DurableBlobStoreUnderTest>): void {
  describe(`the durable ${name} blob store`, () => {
    let underTest: DurableBlobStoreUnderTest

    beforeEach(async () => {
      underTest = await open()
    })

    afterEach(() => underTest.close())

    it('has its blobs after a restart', async () => {
      const bytes = bytesOf(100_000)
      const digest = await push(underTest.store, bytes)
      const restarted = await underTest.reopen()
      expect(await collect(restarted.list())).toEqual([{ digest, size: 100_000 }])
      expectBytes(await pull(restarted, digest), bytes)
    })

    it.each([
      { hinted: 'sha256', asked: 'sha256' },
      { hinted: 'sha256', asked: 'sha512' },
      { hinted: 'sha512', asked: 'sha512' },
    ] as const)('goes on with an upload after a restart ($hinted hinted, $asked asked)', async ({ hinted, asked }) => {
      const bytes = bytesOf(3_000_000)
      const before = await stage(underTest.store, bytes.subarray(0, 2_000_000), { algorithm: hinted })

      const restarted = await underTest.reopen()
      const upload = await findUpload(restarted, before.key)
      expect(await upload.offset()).toBe(2_000_000)
      const rest = inChunks(bytes.subarray(2_000_000))
      await upload.append(rest, { at: 2_000_000, onInterruption: 'keep', algorithm: hinted })
      expect(await upload.commit(digestOf(bytes, asked))).toEqual({ kind: 'committed', size: bytes.byteLength })
      expectBytes(await pull(restarted, digestOf(bytes, asked)), bytes)
    })

    it('lets two processes take turns with one upload', async () => {
      const bytes = bytesOf(60_000)
      const first = await stage(underTest.store, bytes.subarray(0, 20_000))
      const second = await findUpload(await underTest.reopen(), first.key)
      await second.append(inChunks(bytes.subarray(20_000, 40_000)), { at: 20_000, onInterruption: 'keep' })
      await first.append(inChunks(bytes.subarray(40_000)), { at: 40_000, onInterruption: 'keep' })
      expect(await second.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: bytes.byteLength })
      expect(await underTest.store.findUpload(first.key)).toBeUndefined()
      expectBytes(await pull(underTest.store, digestOf(bytes)), bytes)
    })

    it.each([
      { damage: 'cut short', kept: 5_000 },
      { damage: 'emptied', kept: 0 },
      { damage: 'grown', kept: 20_000 },
    ])('tells the true size of a blob that was $damage, and heals it when it is pushed again', async ({ kept }) => {
      const bytes = bytesOf(10_000)
      const digest = await push(underTest.store, bytes)
      await underTest.overwrite(digest, bytesOf(kept))
      expect(await underTest.store.stat(digest)).toEqual({ digest, size: kept })
      const damaged = await openBlob(underTest.store, digest)
      expect(damaged.size).toBe(kept)
      await damaged.close()

      await push(underTest.store, bytes)
      expect(await underTest.store.stat(digest)).toEqual({ digest, size: 10_000 })
      expectBytes(await pull(underTest.store, digest), bytes)
    })

    it('heals a blob whose bytes were altered when it is pushed again, whether anybody knows of it or not', async () => {
      const bytes = bytesOf(10_000)
      const digest = await push(underTest.store, bytes)
      await underTest.overwrite(digest, bytesOf(10_000, 2))
      await push(underTest.store, bytes)
      expectBytes(await pull(underTest.store, digest), bytes)
    })

    it('does not quarantine a blob that somebody mended since it was opened', async () => {
      const bytes = bytesOf(10_000)
      const digest = await push(underTest.store, bytes)
      await underTest.overwrite(digest, bytesOf(10_000, 2))
      const damaged = await openBlob(underTest.store, digest)
      await underTest.overwrite(digest, bytes)
      expect(await damaged.quarantine('why')).toBe(false)
      await damaged.close()
      expectBytes(await pull(underTest.store, digest), bytes)
    })
  })
}
