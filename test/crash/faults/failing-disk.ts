import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ServerProcess, spawnServer } from '../server-process.ts'

const SOURCE = new URL('failing-disk.c', import.meta.url).pathname

/** Which calls fail, and how. */
export interface Fault {
  readonly call: 'open' | 'create' | 'read' | 'write' | 'sync' | 'truncate' | 'rename' | 'unlink' | 'mkdir'
  /** A part of the path of the file that it is about; of a renaming, of its new name. */
  readonly path: string
  readonly error: 'EIO' | 'ENOSPC' | 'EROFS' | 'EMFILE' | 'EDQUOT'
}

/** A server whose calls to the disk can be made to fail while it runs. */
export interface ServerOnFailingDisk {
  readonly server: ServerProcess
  readonly url: string
  readonly dataDir: string
  /** Lets these calls fail from now on, and no others. */
  fail(...faults: readonly Fault[]): Promise<void>
  /** Ends all faults. */
  mend(): Promise<void>
  /** Ends all faults, and the server. */
  stop(): Promise<void>
  /** Removes what is left of it. */
  remove(): Promise<void>
}

/** @throws Error when there is no C compiler. */
export async function startServerOnFailingDisk(): Promise<ServerOnFailingDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-failing-disk-'))
  const library = join(folder, 'failing-disk.so')
  await compile(library)
  const dataDir = join(folder, 'data')
  const control = join(folder, 'faults')
  await mkdir(dataDir)
  await writeFile(control, '')
  const server = spawnServer({ dataDir, env: { LD_PRELOAD: library, FAULTS: control } })
  const url = await server.listening

  /** In one step: half a line must never be read. */
  async function write(faults: readonly Fault[]): Promise<void> {
    const lines = faults.map(({ call, path, error }) => `${call} ${path} ${constants.errno[error]}\n`)
    await writeFile(`${control}.new`, lines.join(''))
    await rename(`${control}.new`, control)
  }

  return {
    server,
    url,
    dataDir,
    fail: (...faults) => write(faults),
    mend: () => write([]),
    async stop() {
      await write([])
      server.signal('SIGTERM')
      await server.ended
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

async function compile(library: string): Promise<void> {
  try {
    await promisify(execFile)('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, SOURCE, '-ldl'])
  } catch (cause) {
    throw new Error('a C compiler is needed to make calls to the disk fail: install gcc and the headers of libc', {
      cause,
    })
  }
}
