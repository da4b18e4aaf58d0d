import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerProcess, spawnServer } from '../server-process.ts'

/** A server whose data folder is a whole file system of its own, and a small one. */
export interface ServerOnSmallDisk {
  readonly server: ServerProcess
  readonly url: string
  /** The data folder, as it can be looked at from here. */
  readonly dataDir: string
  /** Takes every byte that is left. */
  fill(): Promise<void>
  /** Gives back what {@link fill} took. */
  free(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a server on a tmpfs. It is mounted in a namespace that ends with the server: nothing is left to be unmounted,
 * whatever becomes of the test.
 * @throws Error that says what is missing when this user cannot mount.
 */
export async function startServerOnSmallDisk(sizeMib: number): Promise<ServerOnSmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-small-disk-'))
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const mount = `mount -t tmpfs -o size=${sizeMib}m tmpfs "$0" && exec "$@"`
  const server = spawnServer({
    dataDir: folder,
    through: ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, folder],
  })
  const url = await server.listening.catch(async (cause: unknown) => {
    await rm(folder, { recursive: true })
    throw new Error(
      'a file system of its own is needed to fill it up, and could not be mounted: run this as root in a container ' +
        'with CAP_SYS_ADMIN, or as a user who may make user namespaces (sysctl kernel.unprivileged_userns_clone)',
      { cause },
    )
  })
  const dataDir = `/proc/${server.pid}/root${folder}`
  const filler = join(dataDir, 'filler')
  return {
    server,
    url,
    dataDir,
    async fill() {
      const file = await open(filler, 'a')
      // First the most, then what is left.
      for (const blockBytes of [1024 * 1024, 4096]) {
        while (await hasWritten(file.write(Buffer.alloc(blockBytes)), blockBytes));
      }
      await file.close()
    },
    free: () => rm(filler),
    async close() {
      server.signal('SIGTERM')
      await server.ended
      await rm(folder, { recursive: true })
    },
  }
}

async function hasWritten(writing: Promise<{ readonly bytesWritten: number }>, bytes: number): Promise<boolean> {
  try {
    return (await writing).bytesWritten === bytes
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
    throw error
  }
}
