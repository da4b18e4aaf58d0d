import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchServer, Product } from './bench-server.ts'
import { waitForAnswer } from './wait-for-answer.ts'

/** Characters of what a peer says is wrong. */
const MAX_COMPLAINT = 1000

/** A registry that is started with a file of settings. */
export interface Peer {
  readonly product: Product
  readonly program: string
  readonly args: (configFile: string) => readonly string[]
  readonly config: (options: { readonly dataDir: string; readonly port: number }) => string
  readonly blobFile: (dataDir: string, repository: string, digest: string) => string
}

/** Starts a peer, quiet and open to everybody on loopback. @throws Error when it ends or does not answer. */
export async function startPeer(peer: Peer, givenDataDir?: string): Promise<BenchServer> {
  const dataDir = givenDataDir ?? (await mkdtemp(join(tmpdir(), 'kontor-bench-peer-')))
  const port = await findFreePort()
  const configFile = join(dataDir, 'bench-config')
  await writeFile(configFile, peer.config({ dataDir, port }))
  const startedAt = performance.now()
  const child = spawn(peer.program, peer.args(configFile), {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: dataDir,
    // Distribution 3 sends traces to a collector unless told otherwise.
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  })
  const exited = once(child, 'exit')
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(0, MAX_COMPLAINT)
  })
  const address = { host: '127.0.0.1', port }
  async function stop(): Promise<void> {
    child.kill('SIGKILL')
    await exited
    if (givenDataDir === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await Promise.race([
      waitForAnswer(address, '/v2/'),
      exited.then(() => Promise.reject(new Error(`${peer.program} ended before it answered: ${complaint}`))),
    ])
  } catch (error) {
    await stop()
    throw error
  }
  return {
    product: peer.product,
    address,
    pid: child.pid ?? 0,
    dataDir,
    startedInMs: performance.now() - startedAt,
    authorize: async () => undefined,
    logIn: async () => undefined,
    blobFile: (repository, digest) => peer.blobFile(dataDir, repository, digest),
    accounts: undefined,
    stop,
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a server on a port has no port')
  return address.port
}
