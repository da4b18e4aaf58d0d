import { dirname } from 'node:path'
import { errorCode, isNoRoom, unlessMissing } from './file-errors.ts'
import type { Files } from './files.ts'
import { ALGORITHMS, newUploadKey, type Paths } from './paths.ts'

/**
 * Makes the folders of a store, durably, and tries whether blobs can be put in there. Takes the same time whatever
 * is stored (I13).
 * @throws Error that says what is wrong with which folder and what to do about it.
 */
export async function prepareFolders(files: Files, paths: Paths): Promise<void> {
  try {
    await makeFolder(files, paths.root)
    await makeFolder(files, paths.blobs)
    await makeFolder(files, paths.uploads)
    for (const algorithm of ALGORITHMS) await makeFolder(files, paths.algorithm(algorithm))
    // Not only what was made just now: an earlier process may have been killed before it came to this.
    await files.syncFolder(paths.root)
    await files.syncFolder(paths.blobs)
    await tryToMove(files, paths)
  } catch (error) {
    // A full disk is no reason not to serve what is on it.
    if (isNoRoom(error)) return
    throw new Error(`cannot keep blobs in ${paths.root}: ${explain(error)}`, { cause: error })
  }
}

async function makeFolder(files: Files, folder: string): Promise<void> {
  try {
    await files.mkdir(folder)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return
    const parent = dirname(folder)
    if (errorCode(error) !== 'ENOENT' || parent === folder) throw error
    await makeFolder(files, parent)
    await files.mkdir(folder)
  }
  await files.syncFolder(dirname(folder))
}

/** Asking for permissions would not tell of a read-only file system or of two file systems; doing it does. */
async function tryToMove(files: Files, paths: Paths): Promise<void> {
  const probe = paths.upload(newUploadKey())
  const file = await files.open(probe, 'wx+')
  await file.close()
  await files.rename(probe, paths.writeTest)
  // Another process that starts at the same time may have been faster.
  await unlessMissing(files.unlink(paths.writeTest))
}

function explain(error: unknown): string {
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
      return `user ${process.getuid?.() ?? 'of this process'} may not write there; make it the folder's owner, or choose another data folder`
    case 'EROFS':
      return 'its file system is mounted read-only; mount it for writing, or choose another data folder'
    case 'EXDEV':
      return 'its folders uploads and blobs are on two file systems; put both on one, as a blob is moved in one step'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file lies where a folder should be; move it away, or choose another data folder'
    default:
      return `${error instanceof Error ? error.message : String(error)}; check the disk, or choose another data folder`
  }
}
