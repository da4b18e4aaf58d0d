import { closeSync, fstatSync, fsync, openSync } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, rename, stat, unlink } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * The operations of the file system that the store uses, and no others. Tests pass files that fail or that record the
 * order of writes and syncs; therefore nothing in the store touches the disk past this.
 * Errors are Node's, with their `code`.
 */
export interface Files {
  /** `r` to read, `r+` to change what is there, `wx+` to make a new file. */
  open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<OpenFile>
  stat(path: string): Promise<FileFacts>
  /** Names in a folder, read bit by bit. */
  list(folder: string): AsyncIterable<string>
  mkdir(folder: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Makes the names in a folder durable: what was made in, moved into or removed from it. */
  syncFolder(folder: string): Promise<void>
}

/** A file held open. */
export interface OpenFile {
  stat(): Promise<FileFacts>
  /** Fills the buffer from a position in bytes; gives how many came, which may be fewer, and 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>
  /** Writes chunks one after the other at a position in bytes; gives how many bytes were taken, which may be fewer. */
  writev(chunks: readonly Uint8Array[], position: number): Promise<number>
  truncate(size: number): Promise<void>
  /** Makes the bytes and the size durable. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** What the file system says of a file. */
export interface FileFacts {
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch of the last change of its bytes, with fractions. */
  readonly mtimeMs: number
  /** Milliseconds since the epoch of the last change of anything about it, which nobody can set back. */
  readonly ctimeMs: number
  /** Which file of its file system it is; another one gets the number only once this one is gone and closed. */
  readonly ino: number
}

/** Blobs are private: nobody but the registry's own user reads around its access rules. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

const syncFile = promisify(fsync)

/** The real thing. */
export const nodeFiles: Files = {
  open: async (path, flags) => openFile(await open(path, flags, FILE_MODE)),
  stat: (path) => stat(path),
  async *list(folder) {
    for await (const entry of await opendir(folder)) yield entry.name
  },
  async mkdir(folder) {
    await mkdir(folder, FOLDER_MODE)
  },
  rename: (from, to) => rename(from, to),
  unlink: (path) => unlink(path),
  async syncFolder(folder) {
    // Something in it was just changed, so that opening it waits for nothing; another thread would take longer to ask.
    const file = openSync(folder, 'r')
    try {
      await syncFile(file)
    } finally {
      closeSync(file)
    }
  },
}

function openFile(handle: FileHandle): OpenFile {
  return {
    // What the kernel knows of an open file is in memory; asking in another thread would take ten times as long.
    stat: async () => fstatSync(handle.fd),
    read: async (buffer, position) => (await handle.read(buffer, 0, buffer.byteLength, position)).bytesRead,
    writev: async (chunks, position) => (await handle.writev(chunks, position)).bytesWritten,
    truncate: (size) => handle.truncate(size),
    sync: () => handle.sync(),
    close: () => handle.close(),
  }
}
