import { truncate } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { nodeFiles, type OpenFile } from '../../../../storage/blobs/filesystem/files.ts'
import { openFilesystemBlobStore } from '../../../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { StorageFullError } from '../../../../storage/storage-full.ts'
import {
  bytesOf,
  collect,
  digestOf,
  expectBytes,
  inChunks,
  openBlob,
  pull,
  push,
  readBlob,
  stage,
  startUpload,
} from '../../../contract/blob-store-content.ts'
import { type FileOperation, fileError, isChange } from './observed-files.ts'
import { createGate, makeFolder, openObservedStore } from './open-store.ts'

const MIB = 1024 * 1024

/** What can fail during a push. Closing is left out: all that it could tell, a sync has told before. */
const FAILURES = [
  {
    code: 'EIO',
    failure: expect.objectContaining({ code: 'EIO' }),
    canFail: ({ kind }) => kind !== 'close',
    fewest: 7,
  },
  { code: 'ENOSPC', failure: expect.any(StorageFullError), canFail: isChange, fewest: 7 },
  // Too many open files: the sync of a folder opens it, too.
  {
    code: 'EMFILE',
    failure: expect.objectContaining({ code: 'EMFILE' }),
    canFail: ({ kind }) => kind === 'create' || kind === 'open' || kind === 'syncFolder',
    fewest: 3,
  },
] satisfies readonly {
  code: string
  failure: unknown
  canFail: (operation: FileOperation) => boolean
  fewest: number
}[]

/** The first folder for blobs that is made stands for all 256. */
function isOneOfMany({ kind, path }: FileOperation): boolean {
  return kind === 'mkdir' && !path.endsWith('/00')
}

describe('S61: whichever operation of a push fails', () => {
  it.each(FAILURES)('with $code, nothing becomes visible, and the same push succeeds afterwards', async (failing) => {
    const { code, failure, canFail, fewest } = failing
    const bytes = bytesOf(1000)
    const digest = digestOf(bytes)

    /** A new store, in which the operation of a number fails from now on. */
    async function openFailing(number: number) {
      const { store, intercept } = await openObservedStore()
      let count = 0
      intercept((operation) => {
        if (canFail(operation) && !isOneOfMany(operation) && count++ === number) throw fileError(code)
      })
      return { store, intercept, count: () => count }
    }

    const healthy = await openFailing(Number.POSITIVE_INFINITY)
    await push(healthy.store, bytes)
    expect(healthy.count()).toBeGreaterThanOrEqual(fewest)
    for (let number = 0; number < healthy.count(); number++) {
      const { store, intercept } = await openFailing(number)
      await expect(push(store, bytes), `operation ${number}`).rejects.toEqual(failure)
      intercept(() => {})
      expect(await store.stat(digest), `operation ${number}`).toBeUndefined()
      expect(await collect(store.list()), `operation ${number}`).toEqual([])
      await push(store, bytes)
      expectBytes(await pull(store, digest), bytes)
    }
  })
})

describe('a sync that fails', () => {
  it('ends the upload, because a second one would succeed without the bytes', async () => {
    const { store, intercept } = await openObservedStore()
    const bytes = bytesOf(1000)
    const upload = await stage(store, bytes)
    intercept(({ kind }) => {
      if (kind === 'sync') throw fileError('EIO')
    })
    await expect(upload.commit(digestOf(bytes))).rejects.toMatchObject({ code: 'EIO' })
    intercept(() => {})
    await expect(upload.commit(digestOf(bytes))).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' })
    expect(await store.stat(digestOf(bytes))).toBeUndefined()
  })

  it('ends the upload also when it fails in the middle of an append', async () => {
    const { store, intercept } = await openObservedStore()
    const upload = await stage(store, bytesOf(1000))
    const megabyte = bytesOf(MIB)
    const failed = createGate()
    async function* large() {
      // With the last of these, 64 MiB are on their way, and nothing but the disk goes on.
      for (let count = 0; count < 65; count++) yield megabyte
      await failed.opened
      // Long enough for a failure that nobody looks at to become an unhandled rejection.
      await setImmediate()
      yield megabyte
    }
    intercept(({ kind }) => {
      if (kind !== 'sync') return
      failed.open()
      throw fileError('EIO')
    })
    const appended = upload.append(large(), { at: 1000, onInterruption: 'keep' })
    await expect(appended).rejects.toMatchObject({ code: 'EIO' })
    expect(await store.findUpload(upload.key)).toBeUndefined()
  })

  it('of the folder hides the blob for good when it cannot even be removed, until it is pushed again', async () => {
    const { store, paths, intercept } = await openObservedStore()
    const bytes = bytesOf(1000)
    const digest = digestOf(bytes)
    intercept(({ kind, path }) => {
      if (path === paths.shard(digest) && kind === 'syncFolder') throw fileError('EIO')
      if (path === paths.blob(digest) && kind === 'unlink') throw fileError('EIO')
    })
    await expect(push(store, bytes)).rejects.toMatchObject({ code: 'EIO' })
    intercept(() => {})
    expect(await store.stat(digest)).toBeUndefined()
    expect(await store.open(digest)).toBeUndefined()
    await push(store, bytes)
    expectBytes(await pull(store, digest), bytes)
  })
})

it('lets the disk finish what it is at before it deals with a failed upload', async () => {
  const { store, intercept } = await openObservedStore()
  const upload = await startUpload(store)
  const megabyte = bytesOf(MIB)
  const failed = createGate()
  const synced = createGate()
  const log: string[] = []
  let sent = 0
  async function* large() {
    for (; sent < 80; sent++) yield megabyte
  }
  intercept(async ({ kind }) => {
    if (kind === 'sync') await synced.opened
    if (kind === 'sync' || kind === 'truncate' || kind === 'close') log.push(kind)
    if (kind !== 'writev' || sent <= 66) return
    failed.open()
    throw fileError('EIO')
  })
  const appended = upload.append(large(), { at: 0, onInterruption: 'rollback' })
  await failed.opened
  await setImmediate()
  expect(log).toEqual([])
  synced.open()
  await expect(appended).rejects.toMatchObject({ code: 'EIO' })
  expect(log).toEqual(['sync', 'truncate', 'close'])
})

it('does not fail a change of a blob because the one before it failed', async () => {
  const { store, intercept } = await openObservedStore()
  const digest = await push(store, bytesOf(1000))
  let unlinks = 0
  intercept(({ kind }) => {
    if (kind === 'unlink' && ++unlinks === 1) throw fileError('EIO')
  })
  const results = await Promise.allSettled([store.delete(digest), store.delete(digest)])
  expect(results).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: true }])
})

it('leaves a damaged blob as it is when the healthy one cannot be put in its place', async () => {
  const { store, paths, intercept } = await openObservedStore()
  const digest = await push(store, bytesOf(1000))
  await truncate(paths.blob(digest), 500)
  intercept(({ kind }) => {
    if (kind === 'rename') throw fileError('EIO')
  })
  await expect(push(store, bytesOf(1000))).rejects.toMatchObject({ code: 'EIO' })
  expect(await store.stat(digest)).toEqual({ digest, size: 500 })
})

describe('a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('(%s) takes nothing of an append, and leaves what was there', async (code) => {
    const { store, intercept } = await openObservedStore()
    const bytes = bytesOf(4 * MIB)
    const upload = await stage(store, bytes.subarray(0, 1000))
    let writes = 0
    intercept(({ kind }) => {
      if (kind === 'writev' && ++writes > 2) throw fileError(code)
    })
    const appended = upload.append(inChunks(bytes.subarray(1000)), { at: 1000, onInterruption: 'keep' })
    await expect(appended).rejects.toThrow(StorageFullError)
    expect(writes).toBe(3)
    expect(await upload.offset()).toBe(1000)

    intercept(() => {})
    await upload.append(inChunks(bytes.subarray(1000)), { at: 1000, onInterruption: 'keep' })
    expect(await upload.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: bytes.byteLength })
    expectBytes(await pull(store, digestOf(bytes)), bytes)
  })

  it('ends an append, whatever the client does meanwhile', async () => {
    const { store, intercept } = await openObservedStore()
    const upload = await startUpload(store)
    const failed = createGate()
    intercept(({ kind }) => {
      if (kind !== 'writev') return
      failed.open()
      throw fileError('ENOSPC')
    })
    async function* body() {
      yield bytesOf(MIB)
      yield bytesOf(MIB)
      await failed.opened
      await setImmediate()
      throw new Error('the client went away')
    }
    await expect(upload.append(body(), { at: 0, onInterruption: 'keep' })).rejects.toThrow(StorageFullError)
    expect(await upload.offset()).toBe(0)
  })
})

describe('a file system that does less than asked', () => {
  function openStore(root: string, lessen: (file: OpenFile) => Partial<OpenFile>) {
    const open: typeof nodeFiles.open = async (path, flags) => {
      const file = await nodeFiles.open(path, flags)
      return { ...file, ...lessen(file) }
    }
    return openFilesystemBlobStore({ root, files: { ...nodeFiles, open } })
  }

  it('is asked for the rest', async () => {
    const store = await openStore(await makeFolder(), (file) => ({
      read: (buffer, position) => file.read(buffer.subarray(0, 1999), position),
      writev: (chunks, position) => file.writev(cut(chunks, 2999), position),
    }))
    const bytes = bytesOf(100_000)
    const upload = await stage(store, bytes, { chunkBytes: 700, algorithm: 'sha512' })
    expect(await upload.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: 100_000 })
    expectBytes(await pull(store, digestOf(bytes)), bytes)
    const blob = await openBlob(store, digestOf(bytes))
    expectBytes(await readBlob(blob, { first: 1_000, last: 9_999 }), bytes.subarray(1_000, 10_000))
    await blob.close()
  })

  it('is not asked forever when it takes nothing', async () => {
    const store = await openStore(await makeFolder(), () => ({ writev: async () => 0 }))
    await expect(push(store, bytesOf(1000))).rejects.toThrow(/takes no more bytes/)
  })

  /** The first bytes of some chunks. */
  function cut(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
    return [Buffer.concat(chunks).subarray(0, bytes)]
  }
})

it('fails a read where the disk failed, though it had read ahead', async () => {
  const { store, intercept } = await openObservedStore()
  const digest = await push(store, bytesOf(3 * MIB))
  const blob = await openBlob(store, digest)
  let reads = 0
  intercept(({ kind }) => {
    if (kind === 'read' && ++reads === 2) throw fileError('EIO')
  })
  const read = blob.read({ first: 0, last: blob.size - 1 })[Symbol.asyncIterator]()
  expect(await read.next()).toMatchObject({ done: false })
  await setImmediate()
  await expect(read.next()).rejects.toMatchObject({ code: 'EIO' })
  await blob.close()
})

it('fails a read when the blob is cut short meanwhile, instead of filling up with something', async () => {
  const { store, paths } = await openObservedStore()
  const bytes = bytesOf(6 * MIB)
  const digest = await push(store, bytes)
  const blob = await openBlob(store, digest)
  let readBytes = 0
  const reading = (async () => {
    for await (const chunk of blob.read({ first: 0, last: bytes.byteLength - 1 })) {
      if (readBytes === 0) await truncate(paths.blob(digest), 3 * MIB)
      expectBytes(chunk, bytes.subarray(readBytes, readBytes + chunk.byteLength))
      readBytes += chunk.byteLength
    }
  })()
  await expect(reading).rejects.toThrow('the file ends after 3145728 bytes, 3145728 too early')
  expect(readBytes).toBe(3 * MIB)
  await blob.close()
})
