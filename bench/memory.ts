/**
 * Measures how much memory the server takes under load, and fails when it is more than the promised limit (I11):
 * RSS stays flat under any body and any number of clients. Needs Linux and 6 GB in the temporary folder.
 */
import { startKontor } from '../test/support/kontor.ts'
import { type BlobClient, createBlobClient } from './support/blob-client.ts'
import { watchProcessMemory } from './support/process-memory.ts'

const MB = 1_000_000
const MIB = 1024 * 1024
const LIMIT_MB = 250
const LARGE_BYTES = 2_000_000_000
const CLIENTS = 200
const BLOB_BYTES = 16 * MIB
const SLOW = { bytesPerSecond: 64 * 1024, seconds: 5 } as const

const server = await startKontor()
const authorization = `Basic ${Buffer.from(`${server.username}:${server.password}`).toString('base64')}`
const memory = watchProcessMemory(server.pid)
const clients = Array.from({ length: CLIENTS }, () => createBlobClient({ ...server, repository: 'bench/memory' }))
let isWithinLimit = true

/** Runs one phase and prints its line of the table. `bytes` is what it moves; undefined when its speed is its own choice. */
async function phase(name: string, bytes: number | undefined, work: () => Promise<unknown>): Promise<void> {
  memory.takePeakBytes()
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  const peakMb = memory.takePeakBytes() / MB
  const isOk = peakMb <= LIMIT_MB
  isWithinLimit &&= isOk
  const speed = bytes === undefined ? '' : (bytes / MB / seconds).toFixed(0)
  const { heapMb, externalMb } = await readMemoryMetrics()
  printLine(name, speed, peakMb.toFixed(0), String(LIMIT_MB), isOk ? 'ok' : 'OVER', heapMb, externalMb)
}

/** What Node itself says of its memory after a phase: where to look first when a peak is too high. */
async function readMemoryMetrics(): Promise<{ heapMb: string; externalMb: string }> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization } })
  const text = await response.text()
  const read = (name: string) => {
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]
    return value === undefined ? '?' : (Number(value) / MB).toFixed(0)
  }
  return { heapMb: read('nodejs_heap_size_total_bytes'), externalMb: read('nodejs_external_memory_bytes') }
}

function printLine(name: string, ...columns: readonly string[]): void {
  console.log(`${name.padEnd(40)}${columns.map((column) => column.padStart(11)).join('')}`)
}

function everybody<T>(work: (client: BlobClient, index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(clients.map(work))
}

try {
  const [client] = clients
  if (client === undefined) throw new Error('there are no clients')
  printLine('', 'MB/s', 'peak RSS', 'limit MB', '', 'heap MB', 'external')
  await phase('at rest', undefined, async () => {})
  let large = ''
  await phase('one client pushes 2 GB', LARGE_BYTES, async () => {
    large = await client.push(LARGE_BYTES, CLIENTS)
  })
  await phase('one client pulls 2 GB', LARGE_BYTES, () => client.pull(large, LARGE_BYTES))
  let digests: string[] = []
  await phase(`${CLIENTS} clients push 16 MiB each`, CLIENTS * BLOB_BYTES, async () => {
    digests = await everybody((each, index) => each.push(BLOB_BYTES, index))
  })
  await phase(`${CLIENTS} clients pull 16 MiB each`, CLIENTS * BLOB_BYTES, () =>
    everybody((each, index) => each.pull(digests[index] ?? '', BLOB_BYTES)),
  )
  const { bytesPerSecond, seconds } = SLOW
  await phase(`${CLIENTS} clients pull at 64 KiB/s for ${seconds} s`, undefined, () =>
    everybody((each, index) => each.pullSlowly(digests[index] ?? '', bytesPerSecond, seconds)),
  )
  await phase(`${CLIENTS} clients push at 64 KiB/s for ${seconds} s`, undefined, () =>
    everybody((each) => each.pushSlowly(bytesPerSecond, seconds)),
  )
  const highWaterMb = memory.highWaterBytes() / MB
  isWithinLimit &&= highWaterMb <= LIMIT_MB
  printLine('the whole run', '', highWaterMb.toFixed(0), String(LIMIT_MB), highWaterMb <= LIMIT_MB ? 'ok' : 'OVER')
} finally {
  memory.stop()
  for (const client of clients) client.close()
  await server.stop()
}
process.exitCode = isWithinLimit ? 0 : 1
