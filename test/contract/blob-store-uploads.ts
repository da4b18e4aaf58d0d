import { describe, expect, it } from 'vitest'
import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import {
  bytesOf,
  collect,
  cutOff,
  digestOf,
  expectBytes,
  findUpload,
  inChunks,
  pull,
  push,
  stage,
  startUpload,
} from './blob-store-content.ts'
import { describeUploadModel } from './blob-store-model.ts'

const MIB = 1024 * 1024

/** The half of the contract that brings bytes in. */
export function describeBlobUploads(store: () => BlobStore): void {
  describe('appending', () => {
    it.each([
      { size: 3 * MIB + 1, chunkBytes: 64 * 1024 },
      { size: 3 * MIB + 1, chunkBytes: 64 * 1024 - 1 },
      { size: 5 * MIB, chunkBytes: 3 * MIB },
      { size: 5_000, chunkBytes: 1 },
    ])('takes $size bytes in chunks of $chunkBytes', async ({ size, chunkBytes }) => {
      const bytes = bytesOf(size)
      const upload = await stage(store(), bytes, { chunkBytes })
      expect(await upload.offset()).toBe(size)
      expect(await upload.commit(digestOf(bytes))).toEqual({ kind: 'committed', size })
      expectBytes(await pull(store(), digestOf(bytes)), bytes)
    })

    it('goes on where the last append ended, also for a caller that finds the upload by its key', async () => {
      const bytes = bytesOf(200_000)
      const key = await store().startUpload()
      for (let at = 0; at < bytes.byteLength; at += 50_000) {
        const upload = await findUpload(store(), key)
        expect(await upload.offset()).toBe(at)
        const result = await upload.append(inChunks(bytes.subarray(at, at + 50_000)), { at, onInterruption: 'keep' })
        expect(result).toEqual({ kind: 'appended', offset: at + 50_000 })
      }
      const upload = await findUpload(store(), key)
      expect(await upload.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: bytes.byteLength })
    })

    it.each([0, 99, 101])('at offset %i of an upload of 100 bytes reads and changes nothing', async (at) => {
      const bytes = bytesOf(100)
      const upload = await stage(store(), bytes)
      const source = inChunks(bytesOf(10))
      const result = await upload.append(source, { at, onInterruption: 'keep' })
      expect(result).toEqual({ kind: 'wrong-offset', offset: 100 })
      expect((await source.next()).value).toEqual(bytesOf(10))
      expect(await upload.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: 100 })
    })

    it.each([0, 100, 2 * MIB])('keeps what came before an interruption after %i bytes, if told to', async (size) => {
      const bytes = bytesOf(1000 + size + 500)
      const lost = new Error('the client went away')
      const upload = await stage(store(), bytes.subarray(0, 1000))
      const interrupted = upload.append(cutOff(bytes.subarray(1000, 1000 + size), lost), {
        at: 1000,
        onInterruption: 'keep',
      })
      await expect(interrupted).rejects.toBe(lost)
      expect(await upload.offset()).toBe(1000 + size)

      await upload.append(inChunks(bytes.subarray(1000 + size)), { at: 1000 + size, onInterruption: 'keep' })
      expect(await upload.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: bytes.byteLength })
      expectBytes(await pull(store(), digestOf(bytes)), bytes)
    })

    it.each([0, 100, 2 * MIB])(
      'goes back to where it was after an interruption after %i bytes, if told to',
      async (size) => {
        const bytes = bytesOf(1500)
        const lost = new Error('the client went away')
        const upload = await stage(store(), bytes.subarray(0, 1000))
        const interrupted = upload.append(cutOff(bytesOf(size, 2), lost), { at: 1000, onInterruption: 'rollback' })
        await expect(interrupted).rejects.toBe(lost)
        expect(await upload.offset()).toBe(1000)

        await upload.append(inChunks(bytes.subarray(1000)), { at: 1000, onInterruption: 'rollback' })
        expect(await upload.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: bytes.byteLength })
        expectBytes(await pull(store(), digestOf(bytes)), bytes)
      },
    )

    it('keeps uploads apart that go on at the same time', async () => {
      const blobs = Array.from({ length: 20 }, (_, index) => bytesOf(300_000, index))
      const digests = await Promise.all(blobs.map((bytes) => push(store(), bytes)))
      for (const [index, digest] of digests.entries())
        expectBytes(await pull(store(), digest), blobs[index] ?? Buffer.alloc(0))
    })
  })

  describe('committing', () => {
    it('shows nothing of an upload before it is committed, and then nothing of the upload', async () => {
      const bytes = bytesOf(1000)
      const upload = await stage(store(), bytes)
      expect(await store().stat(digestOf(bytes))).toBeUndefined()
      expect(await store().open(digestOf(bytes))).toBeUndefined()
      expect(await collect(store().list())).toEqual([])

      await upload.commit(digestOf(bytes))
      expect(await store().findUpload(upload.key)).toBeUndefined()
      expect(await collect(store().listUploads())).toEqual([])
    })

    it.each(['sha256', 'sha512'] as const)(
      'tells the true %s when it is another one, and keeps the bytes',
      async (algorithm) => {
        const bytes = bytesOf(1000)
        const upload = await stage(store(), bytes)
        const wrong = digestOf(bytesOf(1000, 2), algorithm)
        const actual = digestOf(bytes, algorithm)
        expect(await upload.commit(wrong)).toEqual({ kind: 'digest-mismatch', actual })
        expect(await collect(store().list())).toEqual([])
        expect(await upload.offset()).toBe(1000)
        expect(await upload.commit(actual)).toEqual({ kind: 'committed', size: 1000 })
      },
    )

    it.each([
      { hinted: 'sha256', asked: 'sha512' },
      { hinted: 'sha512', asked: 'sha512' },
      { hinted: 'sha512', asked: 'sha256' },
    ] as const)('verifies a $asked digest when $hinted was hinted', async ({ hinted, asked }) => {
      const bytes = bytesOf(2 * MIB)
      const upload = await stage(store(), bytes, { algorithm: hinted })
      expect(await upload.commit(digestOf(bytesOf(1), asked))).toMatchObject({ kind: 'digest-mismatch' })
      expect(await upload.commit(digestOf(bytes, asked))).toEqual({ kind: 'committed', size: bytes.byteLength })
      expectBytes(await pull(store(), digestOf(bytes, asked)), bytes)
    })

    it('makes the empty blob of an upload that got no bytes', async () => {
      const empty = digestOf(Buffer.alloc(0))
      const upload = await startUpload(store())
      expect(await upload.commit(empty)).toEqual({ kind: 'committed', size: 0 })
      expectBytes(await pull(store(), empty), Buffer.alloc(0))
    })

    it('succeeds for a blob that is already there', async () => {
      const bytes = bytesOf(1000)
      const digest = await push(store(), bytes)
      const upload = await stage(store(), bytes)
      expect(await upload.commit(digest)).toEqual({ kind: 'committed', size: 1000 })
      expect(await store().findUpload(upload.key)).toBeUndefined()
      expect(await collect(store().list())).toEqual([{ digest, size: 1000 }])
    })

    it('succeeds for each of many that commit one blob at the same time', async () => {
      const bytes = bytesOf(500_000)
      const digest = digestOf(bytes)
      const uploads = await Promise.all(Array.from({ length: 12 }, () => stage(store(), bytes)))
      const results = await Promise.all(uploads.map((upload) => upload.commit(digest)))
      expect(results).toEqual(uploads.map(() => ({ kind: 'committed', size: bytes.byteLength })))
      expect(await collect(store().list())).toEqual([{ digest, size: bytes.byteLength }])
      expect(await collect(store().listUploads())).toEqual([])
      expectBytes(await pull(store(), digest), bytes)
    })
  })

  describe('an upload that is gone', () => {
    it('is discarded with its bytes, and may be discarded again', async () => {
      const upload = await stage(store(), bytesOf(100))
      await upload.discard()
      await upload.discard()
      expect(await store().findUpload(upload.key)).toBeUndefined()
    })

    it('is unknown to whoever still holds it', async () => {
      const bytes = bytesOf(100)
      const upload = await stage(store(), bytes)
      await upload.discard()
      const gone = expect.objectContaining({ code: 'BLOB_UPLOAD_UNKNOWN' })
      await expect(upload.offset()).rejects.toEqual(gone)
      await expect(upload.append(inChunks(bytes), { at: 100, onInterruption: 'keep' })).rejects.toEqual(gone)
      await expect(upload.commit(digestOf(bytes))).rejects.toEqual(gone)
      expect(await store().stat(digestOf(bytes))).toBeUndefined()
    })
  })

  describeUploadModel(store)
}
