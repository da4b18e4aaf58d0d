import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createMillionManifests } from '../stock/million-manifests.ts'
import { readMemoryBytes } from '../support/process-memory.ts'
import type { Workload } from './workload.ts'

const MIB = 1024 * 1024
const REST_MS = 1_500

/** Memory of a server that was just started and asked for nothing but its `/v2/`. */
export const memoryIdle: Workload = {
  name: 'memory-idle',
  title: 'memory after the start',
  unit: 'MiB',
  startsItself: true,
  targets: [{ kind: 'at-most', value: 110 }],
  async prepare({ installed }) {
    return {
      async run() {
        const server = await installed.start()
        await setTimeout(REST_MS)
        const bytes = readMemoryBytes(server.pid, 'VmRSS')
        await server.stop()
        return bytes / MIB
      },
    }
  },
}

/** From the start of the process to its first answer, with a data folder that was used before. */
export const start: Workload = {
  name: 'start',
  title: 'start, with nothing stored',
  unit: 'ms',
  startsItself: true,
  alsoWithMany: true,
  targets: [
    { kind: 'flat', atMost: 1.5 },
    { kind: 'at-most', value: 700 },
  ],
  async prepare({ installed }, size) {
    const dataDir =
      size === 'some' ? await mkdtemp(join(tmpdir(), 'kontor-bench-start-')) : await createMillionManifests(installed)
    return {
      async run() {
        const server = await installed.start(dataDir)
        await server.stop()
        return server.startedInMs
      },
      close: () => rm(dataDir, { recursive: true }),
    }
  },
}
