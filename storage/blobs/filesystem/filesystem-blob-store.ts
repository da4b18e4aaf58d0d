import type { BlobStore, UploadKey, UploadStat } from '../blob-store.ts'
import { BlobFolder } from './blob-folder.ts'
import { storageError, unlessMissing } from './file-errors.ts'
import { type Files, nodeFiles } from './files.ts'
import { createPaths, isUploadKey, newUploadKey } from './paths.ts'
import { prepareFolders } from './prepare-folders.ts'
import { RunningHashes } from './running-hashes.ts'
import { StagedFile } from './staged-file.ts'
import { TransferMemory } from './transfer-memory.ts'

/**
 * Opens a folder of blobs, making it if need be. It holds nothing open between calls, so there is nothing to close;
 * several processes may use one folder.
 * @throws Error that says what to do when blobs cannot be put there.
 */
export async function openFilesystemBlobStore(parts: {
  /** The folder; made when it does not exist. */
  readonly root: string
  /** What touches the disk, if not Node's own functions. */
  readonly files?: Files
  /** Frees the memory of chunks that were written; without it, that is left to V8. */
  readonly collectYoungGarbage?: () => void
}): Promise<BlobStore> {
  const { root, files = nodeFiles, collectYoungGarbage } = parts
  const paths = createPaths(root)
  await prepareFolders(files, paths)
  const memory = new TransferMemory({ collectYoungGarbage })
  const hashes = new RunningHashes()
  const blobs = new BlobFolder({ files, paths, memory })

  async function startUpload(): Promise<UploadKey> {
    const key = newUploadKey()
    try {
      const file = await files.open(paths.upload(key), 'wx+')
      await file.close()
    } catch (error) {
      throw storageError(error)
    }
    return key
  }

  async function* listUploads(): AsyncIterable<UploadStat> {
    for await (const key of files.list(paths.uploads)) {
      if (!isUploadKey(key)) continue
      const facts = await unlessMissing(files.stat(paths.upload(key)))
      if (facts !== undefined) yield { key, lastActivityAt: facts.mtimeMs }
    }
  }

  return {
    stat: (digest) => blobs.stat(digest),
    open: (digest) => blobs.open(digest),
    startUpload,
    async findUpload(key) {
      if (!isUploadKey(key)) return undefined
      const path = paths.upload(key)
      const facts = await unlessMissing(files.stat(path))
      return facts && new StagedFile(key, path, { files, blobs, hashes, memory })
    },
    delete: (digest) => blobs.delete(digest),
    list: (after) => blobs.list(after),
    listUploads,
  }
}
