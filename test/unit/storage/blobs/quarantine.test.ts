import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bytesOf, openBlob, pull, push } from '../../../contract/blob-store-content.ts'
import { fileError } from './observed-files.ts'
import { openObservedStore } from './open-store.ts'

const QUARANTINED = /^sha256-[0-9a-f]{64}\.[0-9a-f]{8}$/

it('keeps what is quarantined, and a note beside it', async () => {
  const { store, paths } = await openObservedStore()
  const bytes = bytesOf(1000)
  for (const why of ['first', 'second']) {
    const blob = await openBlob(store, await push(store, bytes))
    await blob.quarantine(`the ${why} time`)
    await blob.close()
  }
  const names = (await readdir(paths.quarantine)).sort()
  const blobs = names.filter((name) => QUARANTINED.test(name))
  expect(blobs).toHaveLength(2)
  expect(names).toEqual(blobs.flatMap((name) => [name, `${name}.txt`]))
  for (const name of blobs) expect(await readFile(join(paths.quarantine, name))).toEqual(bytes)
  const notes = await Promise.all(blobs.map((name) => readFile(join(paths.quarantine, `${name}.txt`), 'utf8')))
  expect(notes.sort()).toEqual(['the first time', 'the second time'])
})

it('makes the move to the quarantine durable', async () => {
  const { store, paths, changesDuring } = await openObservedStore()
  const digest = await push(store, bytesOf(1000))
  const blob = await openBlob(store, digest)
  const changes = await changesDuring(() => blob.quarantine('why'))
  await blob.close()
  expect(changes.map((change) => change.replace(/[0-9a-f]{64}(\.[0-9a-f]{8})?/g, '…'))).toEqual([
    'mkdir quarantine',
    'syncFolder ',
    `rename blobs/sha256/${digest.slice(7, 9)}/…`,
    'syncFolder quarantine',
    `syncFolder blobs/sha256/${digest.slice(7, 9)}`,
    'create quarantine/sha256-….txt',
    'writev quarantine/sha256-….txt',
  ])
  expect(paths.quarantine).toBe(join(paths.root, 'quarantine'))
})

it('hides a damaged blob that cannot be moved, until it is pushed again', async () => {
  const { store, intercept } = await openObservedStore()
  const bytes = bytesOf(1000)
  const digest = await push(store, bytes)
  const blob = await openBlob(store, digest)
  intercept(({ kind }) => {
    if (kind === 'rename') throw fileError('EIO')
  })
  await expect(blob.quarantine('why')).rejects.toMatchObject({ code: 'EIO' })
  expect(await store.stat(digest)).toBeUndefined()
  expect(await store.open(digest)).toBeUndefined()
  await expect(push(store, bytes)).rejects.toMatchObject({ code: 'EIO' })
  expect(await store.stat(digest)).toBeUndefined()

  intercept(() => {})
  await push(store, bytes)
  expect(await pull(store, digest)).toEqual(bytes)
  expect(await blob.quarantine('why')).toBe(false)
  await blob.close()
})

it('moves a blob to the quarantine though there is no room for a note', async () => {
  const { store, paths, intercept } = await openObservedStore()
  const digest = await push(store, bytesOf(1000))
  const blob = await openBlob(store, digest)
  intercept(({ kind }) => {
    if (kind === 'create') throw fileError('ENOSPC')
  })
  expect(await blob.quarantine('why')).toBe(true)
  await blob.close()
  expect(await store.stat(digest)).toBeUndefined()
  expect(await readdir(paths.quarantine)).toHaveLength(1)
})

it.each(['EIO', 'EUCLEAN', 'EBADMSG'])(
  'tells a fault of the disk (%s) from others, on open and on read',
  async (code) => {
    const { store, intercept } = await openObservedStore()
    const digest = await push(store, bytesOf(1000))
    for (const failing of ['open', 'read']) {
      intercept(({ kind }) => {
        if (kind === failing) throw fileError(code)
      })
      await expect(pull(store, digest)).rejects.toMatchObject({ name: 'UnreadableBlobError', code })
      intercept(({ kind }) => {
        if (kind === failing) throw fileError('EMFILE')
      })
      await expect(pull(store, digest)).rejects.toMatchObject({ name: 'Error', code: 'EMFILE' })
    }
  },
)
