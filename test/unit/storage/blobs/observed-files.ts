import { type Files, nodeFiles, type OpenFile } from '../../../../storage/blobs/filesystem/files.ts'

/** One thing the store asks of the file system. What happens to an open file goes by the path it was opened with. */
export interface FileOperation {
  readonly kind:
    | Exclude<keyof Files, 'stat' | 'open'>
    | Exclude<keyof OpenFile, 'stat'>
    | 'lookUp'
    | 'create'
    | 'open'
    | 'stat'
  readonly path: string
}

/** The operations after which something else is on the disk, or is there more safely. */
const CHANGES: ReadonlySet<FileOperation['kind']> = new Set([
  'create',
  'mkdir',
  'rename',
  'unlink',
  'writev',
  'truncate',
  'sync',
  'syncFolder',
])

/** True for what changes the disk or makes a change durable; false for a mere look at it. */
export function isChange({ kind }: FileOperation): boolean {
  return CHANGES.has(kind)
}

/** An error as the file system throws it. */
export function fileError(code: string): Error {
  return Object.assign(new Error(`${code}: thrown by the test`), { code })
}

/**
 * The real file system, with a look at each operation before it is done. `before` may note it, make it wait, or
 * throw in its place.
 */
export function observeFiles(before: (operation: FileOperation) => void | Promise<void>): Files {
  async function watch<T>(kind: FileOperation['kind'], path: string, work: () => Promise<T>): Promise<T> {
    await before({ kind, path })
    return work()
  }
  return {
    async open(path, flags) {
      const file = await watch(flags === 'wx+' ? 'create' : 'open', path, () => nodeFiles.open(path, flags))
      return {
        stat: () => watch('stat', path, () => file.stat()),
        read: (buffer, position) => watch('read', path, () => file.read(buffer, position)),
        writev: (chunks, position) => watch('writev', path, () => file.writev(chunks, position)),
        truncate: (size) => watch('truncate', path, () => file.truncate(size)),
        sync: () => watch('sync', path, () => file.sync()),
        close: () => watch('close', path, () => file.close()),
      }
    },
    stat: (path) => watch('lookUp', path, () => nodeFiles.stat(path)),
    async *list(folder) {
      await before({ kind: 'list', path: folder })
      yield* nodeFiles.list(folder)
    },
    mkdir: (folder) => watch('mkdir', folder, () => nodeFiles.mkdir(folder)),
    rename: (from, to) => watch('rename', from, () => nodeFiles.rename(from, to)),
    unlink: (path) => watch('unlink', path, () => nodeFiles.unlink(path)),
    syncFolder: (folder) => watch('syncFolder', folder, () => nodeFiles.syncFolder(folder)),
  }
}
