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
  /** Ends the server by a signal and starts another one on the same disk. */
  restart(signal: NodeJS.Signals): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a server on a tmpfs. It is mounted in a namespace that ends with the server: nothing is left to be unmounted,
 * whatever becomes of the test.
 * @throws Error that says what is missing when this user cannot mount.
 */
export async function startServerOnSmallDisk(sizeMib: number): Promise<ServerOnSmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-small-disk-'))
  let server = spawnServer({ dataDir: folder, through: throughSmallDisk(folder, sizeMib) })
  let url = await server.listening.catch(async (cause: unknown) => {
    await rm(folder, { recursive: true })
    throw new Error(
      'a file system of its own is needed to fill it up, and could not be mounted: run this as root in a container ' +
        'with CAP_SYS_ADMIN, or as a user who may make user namespaces (sysctl kernel.unprivileged_userns_clone)',
      { cause },
    )
  })
  const dataDir = () => `/proc/${server.pid}/root${folder}`
  const filler = () => join(dataDir(), 'filler')
  return {
    get server() {
      return server
    },
    get url() {
      return url
    },
    get dataDir() {
      return dataDir()
    },
    async fill() {
      const file = await open(filler(), 'a')
      // First the most, then what is left.
      for (const blockBytes of [1024 * 1024, 4096]) {
        while (await hasWritten(file.write(Buffer.alloc(blockBytes)), blockBytes));
      }
      await file.close()
    },
    free: () => rm(filler()),
    async restart(signal) {
      // Whoever holds them open keeps the namespaces, and so the disk, while there is no server.
      const mounts = await open(`/proc/${server.pid}/ns/mnt`)
      const users = await open(`/proc/${server.pid}/ns/user`)
      server.signal(signal)
      await server.ended
      const held = ({ fd }: { readonly fd: number }) => `/proc/${process.pid}/fd/${fd}`
      const asUser = isRoot() ? [] : [`--user=${held(users)}`, '--preserve-credentials']
      server = spawnServer({ dataDir: folder, through: ['nsenter', ...asUser, `--mount=${held(mounts)}`] })
      try {
        url = await server.listening
      } finally {
        await Promise.all([mounts.close(), users.close()])
      }
    },
    async close() {
      server.signal('SIGTERM')
      await server.ended
      await rm(folder, { recursive: true })
    },
  }
}

/**
 * What a server is to be started through so that a folder is a small disk to it.
 * @param isFull whether something takes all of its room from the beginning.
 */
export function throughSmallDisk(folder: string, sizeMib: number, isFull = false): string[] {
  const asRoot = isRoot() ? [] : ['--map-root-user']
  const fill = isFull ? '; cat /dev/zero > "$0/filler" 2>/dev/null; exec "$@"' : ' && exec "$@"'
  const mount = `mount -t tmpfs -o size=${sizeMib}m tmpfs "$0"${fill}`
  return ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, folder]
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

async function hasWritten(writing: Promise<{ readonly bytesWritten: number }>, bytes: number): Promise<boolean> {
  try {
    return (await writing).bytesWritten === bytes
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
    throw error
  }
}
