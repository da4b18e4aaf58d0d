import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BlobStore } from '../../../../storage/blobs/blob-store.ts'
import { openFilesystemBlobStore } from '../../../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { createPaths, type Paths } from '../../../../storage/blobs/filesystem/paths.ts'
import { type FileOperation, isChange, observeFiles } from './observed-files.ts'

/** A folder that is removed after the test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-blobs-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

type Before = (operation: FileOperation) => void | Promise<void>

/** A store whose dealings with the disk a test can watch and disturb. */
export interface ObservedStore {
  readonly store: BlobStore
  readonly paths: Paths
  /** From now on calls a function before each operation, which may make it wait or throw in its place. */
  intercept(before: Before): void
  /** What changed the disk during a piece of work, as `kind path`; paths are relative to the root, any upload is `<upload>`. */
  changesDuring(work: () => Promise<unknown>): Promise<string[]>
}

/** Opens a store on the real file system, in a folder of its own unless one is given. */
export async function openObservedStore(folder?: string): Promise<ObservedStore> {
  const root = folder ?? (await makeFolder())
  const paths = createPaths(root)
  let before: Before = () => {}
  return {
    store: await openFilesystemBlobStore({ root, files: observeFiles((operation) => before(operation)) }),
    paths,
    intercept(next) {
      before = next
    },
    async changesDuring(work) {
      const changes: string[] = []
      const disturb = before
      before = (operation) => {
        if (isChange(operation)) changes.push(`${operation.kind} ${nameOf(paths, operation.path)}`)
        return disturb(operation)
      }
      await work()
      before = disturb
      return changes
    },
  }
}

function nameOf(paths: Paths, path: string): string {
  return path.startsWith(`${paths.uploads}/`) ? '<upload>' : relative(paths.root, path)
}

/** Something to wait for until a test lets it go on. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function createGate(): Gate {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
