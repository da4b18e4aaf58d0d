import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Address } from '../load/connection.ts'
import { writeMadeUpFile } from './write-made-up-file.ts'

const PROGRAM = fileURLToPath(new URL('bare-server.ts', import.meta.url))

/** A server that does nothing but send, to see what the machine can do at best. */
export interface BareServer {
  readonly address: Address
  readonly fileBytes: number
  stop(): Promise<void>
}

/** @param fileBytes size of the file it sends. */
export async function startBareServer(fileBytes: number): Promise<BareServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-bench-bare-'))
  const path = join(folder, 'file')
  await writeMadeUpFile(path, fileBytes)
  const child = fork(PROGRAM, [path])
  const [bound]: { address: string; port: number }[] = await once(child, 'message')
  if (bound === undefined) throw new Error('the bare server did not say where it listens')
  return {
    address: { host: bound.address, port: bound.port },
    fileBytes,
    async stop() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
      await rm(folder, { recursive: true })
    },
  }
}
