import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { UploadKey } from '../../../../storage/blobs/blob-store.ts'
import { openFilesystemBlobStore } from '../../../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { createPaths } from '../../../../storage/blobs/filesystem/paths.ts'
import { bytesOf, collect, digestOf, push, startUpload } from '../../../contract/blob-store-content.ts'
import { type FileOperation, fileError, isChange, observeFiles } from './observed-files.ts'
import { makeFolder, openObservedStore } from './open-store.ts'

describe('opening a folder of blobs', () => {
  it('makes what is missing, and every new name durable', async () => {
    const folder = await makeFolder()
    const synced = new Set<string>()
    const made: string[] = []
    const files = observeFiles(({ kind, path }) => {
      if (kind === 'mkdir') made.push(path)
      if (kind === 'syncFolder') synced.add(path)
    })
    await openFilesystemBlobStore({ root: join(folder, 'a', 'b'), files })
    expect(new Set(made.map((path) => relative(folder, path)))).toEqual(
      new Set(['a', 'a/b', 'a/b/blobs', 'a/b/uploads', 'a/b/blobs/sha256', 'a/b/blobs/sha512']),
    )
    expect(made.filter((path) => !synced.has(dirname(path)))).toEqual([])
  })

  it('leaves nothing else behind', async () => {
    const root = await makeFolder()
    await openFilesystemBlobStore({ root })
    const entries = await readdir(root, { recursive: true })
    expect(entries.toSorted()).toEqual(['blobs', 'blobs/sha256', 'blobs/sha512', 'uploads'])
  })

  it('may be done by many processes at once', async () => {
    const root = await makeFolder()
    const stores = await Promise.all(Array.from({ length: 8 }, () => openFilesystemBlobStore({ root })))
    const digests = await Promise.all(stores.map((store, index) => push(store, bytesOf(100, index))))
    for (const store of stores) {
      const listed = await collect(store.list())
      expect(new Set(listed.map(({ digest }) => digest))).toEqual(new Set(digests))
    }
  })

  it('does the same few things however much is stored', async () => {
    const { store, paths } = await openObservedStore()
    async function open(): Promise<FileOperation['kind'][]> {
      const operations: FileOperation['kind'][] = []
      await openFilesystemBlobStore({ root: paths.root, files: observeFiles(({ kind }) => void operations.push(kind)) })
      return operations
    }
    const operations = await open()
    for (let seed = 0; seed < 50; seed++) {
      await push(store, bytesOf(100, seed))
      await store.startUpload()
    }
    expect(await open()).toEqual(operations)
    expect(operations).not.toContain('list')
  })

  it.each([
    { code: 'EACCES', advice: /may not write there; make it the folder's owner, or choose another data folder/ },
    { code: 'EROFS', advice: /mounted read-only; mount it for writing, or choose another data folder/ },
    { code: 'EXDEV', advice: /on two file systems; put both on one/ },
    { code: 'EIO', advice: /EIO: thrown by the test; check the disk, or choose another data folder/ },
  ])('fails on $code with the folder and what to do', async ({ code, advice }) => {
    const root = await makeFolder()
    const files = observeFiles(({ kind }) => {
      if (kind === 'rename') throw fileError(code)
    })
    await expect(openFilesystemBlobStore({ root, files })).rejects.toThrow(`cannot keep blobs in ${root}: `)
    await expect(openFilesystemBlobStore({ root, files })).rejects.toThrow(advice)
  })

  it('fails when a file lies where a folder should be', async () => {
    const folder = await makeFolder()
    await writeFile(join(folder, 'file'), '')
    await expect(openFilesystemBlobStore({ root: join(folder, 'file') })).rejects.toThrow(/a file lies where a folder/)
    await openFilesystemBlobStore({ root: join(folder, 'store') })
    await rm(join(folder, 'store', 'uploads'), { recursive: true })
    await writeFile(join(folder, 'store', 'uploads'), '')
    await expect(openFilesystemBlobStore({ root: join(folder, 'store') })).rejects.toThrow(/a file lies where a folder/)
  })

  it('succeeds on a full disk, so that what is there can be served', async () => {
    const { store, paths } = await openObservedStore()
    const digest = await push(store, bytesOf(100))
    const files = observeFiles((operation) => {
      if (isChange(operation) && operation.kind !== 'syncFolder') throw fileError('ENOSPC')
    })
    const full = await openFilesystemBlobStore({ root: paths.root, files })
    expect(await full.stat(digest)).toEqual({ digest, size: 100 })
  })
})

describe('what somebody else put into the folder', () => {
  it('is not taken for a blob or an upload', async () => {
    const { store, paths } = await openObservedStore()
    const digest = await push(store, bytesOf(100))
    const upload = await startUpload(store)
    await writeFile(join(paths.uploads, 'notes.txt'), 'notes')
    await writeFile(join(paths.shard(digest), `${digestOf(bytesOf(1)).slice(7)}.bak`), 'copy')
    await writeFile(join(paths.algorithm('sha256'), '.DS_Store'), '')
    await mkdir(join(paths.algorithm('sha512'), 'lost+found'))
    expect(await collect(store.list())).toEqual([{ digest, size: 100 }])
    expect((await collect(store.listUploads())).map(({ key }) => key)).toEqual([upload.key])
  })

  it.each(['', '.', '..', '../../etc/passwd', 'notes.txt', `${'a'.repeat(32)}/..`, `${'a'.repeat(31)}\0`])(
    'is not reached by the key %j',
    async (key) => {
      const root = await makeFolder()
      const operations: string[] = []
      const files = observeFiles(({ path }) => void operations.push(path))
      const store = await openFilesystemBlobStore({ root, files })
      await writeFile(join(createPaths(root).uploads, 'notes.txt'), 'notes')
      operations.length = 0
      expect(await store.findUpload(key as UploadKey)).toBeUndefined()
      expect(operations).toEqual([])
    },
  )
})
