import { truncate } from 'node:fs/promises'
import { relative } from 'node:path'
import { expect, it } from 'vitest'
import { SHARD_NAMES } from '../../../../storage/blobs/filesystem/paths.ts'
import {
  bytesOf,
  collect,
  digestOf,
  inChunks,
  pull,
  push,
  stage,
  startUpload,
} from '../../../contract/blob-store-content.ts'
import { fileError } from './observed-files.ts'
import { createGate, openObservedStore } from './open-store.ts'

it('S59: syncs the bytes before they get their name, and every new name before the commit returns', async () => {
  const { store, paths, changesDuring } = await openObservedStore()
  const bytes = bytesOf(1000)
  const shard = relative(paths.root, paths.shard(digestOf(bytes)))
  expect(await changesDuring(() => push(store, bytes))).toEqual([
    'create <upload>',
    'writev <upload>',
    'sync <upload>',
    ...SHARD_NAMES.map((name) => `mkdir blobs/sha256/${name}`),
    'syncFolder blobs/sha256',
    'rename <upload>',
    `syncFolder ${shard}`,
  ])
})

it('makes and syncs all folders for blobs with the first, so that no later push has to wait for its own', async () => {
  const { store, paths, changesDuring } = await openObservedStore()
  await push(store, bytesOf(1000))
  const others = bytesOf(2000)
  const shard = relative(paths.root, paths.shard(digestOf(others)))
  expect(await changesDuring(() => push(store, others))).toEqual([
    'create <upload>',
    'writev <upload>',
    'sync <upload>',
    'rename <upload>',
    `syncFolder ${shard}`,
  ])
})

it('puts the bytes of a push in the place of those that are there already, which nobody has looked at', async () => {
  const { store, paths, changesDuring } = await openObservedStore()
  const digest = await push(store, bytesOf(1000))
  const shard = relative(paths.root, paths.shard(digest))
  expect(await changesDuring(() => push(store, bytesOf(1000)))).toEqual([
    'create <upload>',
    'writev <upload>',
    'sync <upload>',
    'rename <upload>',
    `syncFolder ${shard}`,
  ])
})

it('goes on showing a blob while it is replaced, also when that fails', async () => {
  const { store, paths, intercept } = await openObservedStore()
  const bytes = bytesOf(1000)
  const digest = await push(store, bytes)
  const seen: unknown[] = []
  intercept(async ({ kind, path }) => {
    if (kind !== 'syncFolder' || path !== paths.shard(digest)) return
    intercept(() => {})
    seen.push(await store.stat(digest), await collect(store.list()))
    throw fileError('EIO')
  })
  await expect(push(store, bytes)).rejects.toMatchObject({ code: 'EIO' })
  expect(seen).toEqual([{ digest, size: 1000 }, [{ digest, size: 1000 }]])
  expect(await pull(store, digest)).toEqual(bytes)
})

it('S59: syncs the names of a blob that a process made which may have been killed before it did', async () => {
  const { store, paths } = await openObservedStore()
  const digest = await push(store, bytesOf(1000))
  const shard = relative(paths.root, paths.shard(digest))
  const restarted = await openObservedStore(paths.root)
  const changes = await restarted.changesDuring(() => push(restarted.store, bytesOf(1000)))
  expect(changes).toEqual(expect.arrayContaining(['syncFolder blobs/sha256', `syncFolder ${shard}`]))
})

it('S59: syncs the folder from which a blob was deleted', async () => {
  const { store, paths, changesDuring } = await openObservedStore()
  const digest = await push(store, bytesOf(1000))
  const blob = relative(paths.root, paths.blob(digest))
  const shard = relative(paths.root, paths.shard(digest))
  expect(await changesDuring(() => store.delete(digest))).toEqual([`unlink ${blob}`, `syncFolder ${shard}`])
})

it('S59: shows a blob to nobody while a power loss could still take its name back', async () => {
  const { store, paths, intercept } = await openObservedStore()
  const bytes = bytesOf(1000)
  const digest = digestOf(bytes)
  const reached = createGate()
  const sync = createGate()
  intercept(async ({ kind, path }) => {
    if (kind !== 'syncFolder' || path !== paths.shard(digest)) return
    reached.open()
    await sync.opened
  })

  const pushed = push(store, bytes)
  await reached.opened
  expect(await store.stat(digest)).toBeUndefined()
  expect(await store.open(digest)).toBeUndefined()
  expect(await collect(store.list())).toEqual([])

  sync.open()
  await pushed
  expect(await pull(store, digest)).toEqual(bytes)
})

it('lets no commit of a blob return before the blob is durable, whoever is the first', async () => {
  const { store, paths, intercept } = await openObservedStore()
  const bytes = bytesOf(1000)
  const digest = digestOf(bytes)
  const uploads = await Promise.all([1, 2, 3, 4].map(() => stage(store, bytes)))
  const reached = createGate()
  const sync = createGate()
  intercept(async ({ kind, path }) => {
    if (kind !== 'syncFolder' || path !== paths.shard(digest)) return
    reached.open()
    await sync.opened
  })

  let returned = 0
  const commits = uploads.map(async (upload) => {
    await upload.commit(digest)
    returned++
  })
  await reached.opened
  await push(store, bytesOf(2000))
  expect(returned).toBe(0)

  sync.open()
  await Promise.all(commits)
  expect(returned).toBe(4)
})

it('writes and syncs the bytes once for all who commit a blob at the same time', async () => {
  const { store, changesDuring } = await openObservedStore()
  const bytes = bytesOf(1000)
  const uploads = await Promise.all([1, 2, 3, 4].map(() => stage(store, bytes)))
  const changes = await changesDuring(() => Promise.all(uploads.map((upload) => upload.commit(digestOf(bytes)))))
  expect(changes.filter((change) => change === 'sync <upload>')).toHaveLength(1)
})

it('has the disk begin long before the end of a large upload', async () => {
  const { store, changesDuring } = await openObservedStore()
  const megabyte = bytesOf(1024 * 1024)
  async function* large() {
    for (let count = 0; count < 40; count++) yield megabyte
  }
  const upload = await startUpload(store)
  const changes = await changesDuring(() => upload.append(large(), { at: 0, onInterruption: 'rollback' }))
  expect(changes.filter((change) => change === 'sync <upload>').length).toBeGreaterThanOrEqual(1)
})

it('reads the bytes again at the commit only if they were not hashed as they came', async () => {
  const { store, paths, intercept } = await openObservedStore()
  const bytes = bytesOf(3_000_000)
  const uploads = [await stage(store, bytes), await stage(store, bytes)]
  const restarted = await openObservedStore(paths.root)
  let reads = 0
  const count = ({ kind }: { kind: string }) => {
    if (kind === 'read') reads++
  }
  intercept(count)
  restarted.intercept(count)

  await uploads[0]?.commit(digestOf(bytes))
  expect(reads).toBe(0)
  const found = uploads[1] && (await restarted.store.findUpload(uploads[1].key))
  expect(await found?.commit(digestOf(bytes))).toEqual({ kind: 'committed', size: bytes.byteLength })
  expect(reads).toBeGreaterThan(0)
})

it('never takes what another process wrote for what it hashed itself', async () => {
  const { store, paths } = await openObservedStore()
  const bytes = bytesOf(1000)
  const upload = await stage(store, bytes)
  const other = await openObservedStore(paths.root)
  const sameUpload = await other.store.findUpload(upload.key)

  // As if that process had taken back an append and then got another one of the same size.
  await truncate(paths.upload(upload.key), 500)
  await sameUpload?.append(inChunks(bytesOf(500, 2)), { at: 500, onInterruption: 'keep' })

  expect(await upload.commit(digestOf(bytes))).toMatchObject({ kind: 'digest-mismatch' })
  expect(await store.stat(digestOf(bytes))).toBeUndefined()
})
