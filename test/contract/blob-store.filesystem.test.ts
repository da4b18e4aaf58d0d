import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFilesystemBlobStore } from '../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { createPaths } from '../../storage/blobs/filesystem/paths.ts'
import { describeBlobStore } from './blob-store.ts'
import { type DurableBlobStoreUnderTest, describeDurableBlobStore } from './blob-store-durable.ts'

async function open(): Promise<DurableBlobStoreUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'kontor-blobs-'))
  return {
    store: await openFilesystemBlobStore({ root }),
    reopen: () => openFilesystemBlobStore({ root }),
    overwrite: (digest, bytes) => writeFile(createPaths(root).blob(digest), bytes),
    close: () => rm(root, { recursive: true }),
  }
}

describeBlobStore('filesystem', open)
describeDurableBlobStore('filesystem', open)
