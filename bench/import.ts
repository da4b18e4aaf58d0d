/**
 * Measures how fast archives of images are imported and how much memory that takes, and fails when it is more than the
 * promised limit (I11): nothing of an archive is held but its manifests. Needs Linux and 10 GB in the temporary folder.
 */
import { startKontor } from '../test/support/kontor.ts'
import { importArchive, type MadeUpArchive } from './support/archive-client.ts'
import { watchProcessMemory } from './support/process-memory.ts'

const MB = 1_000_000
const LIMIT_MB = 250
const LAYERS = 5
const LAYER_BYTES = 200 * MB
const AT_ONCE = 8

const server = await startKontor()
const memory = watchProcessMemory(server.pid)
let isWithinLimit = true
let archives = 0

/** Imports so many archives at once, each of its own bytes, and prints a line of the table. */
async function phase(
  name: string,
  kind: Pick<MadeUpArchive, 'format' | 'compression'>,
  { atOnce = 1, layerBytes = LAYER_BYTES } = {},
): Promise<void> {
  memory.takePeakBytes()
  const startedAt = performance.now()
  const imports = Array.from({ length: atOnce }, (_, index) => {
    archives += 1
    const archive = { ...kind, number: archives, layers: LAYERS, layerBytes }
    return importArchive(server, `bench/import-${index}`, archive)
  })
  await Promise.all(imports)
  const seconds = (performance.now() - startedAt) / 1000
  const peakMb = memory.takePeakBytes() / MB
  isWithinLimit &&= peakMb <= LIMIT_MB
  const speed = (atOnce * LAYERS * layerBytes) / MB / seconds
  printLine(name, speed.toFixed(0), peakMb.toFixed(0), String(LIMIT_MB), peakMb <= LIMIT_MB ? 'ok' : 'OVER')
}

function printLine(name: string, ...columns: readonly string[]): void {
  console.log(`${name.padEnd(44)}${columns.map((column) => column.padStart(11)).join('')}`)
}

try {
  printLine('', 'MB/s', 'peak RSS', 'limit MB', '')
  await phase('a layout of 1 GB', { format: 'oci-layout', compression: 'none' })
  await phase('an archive of docker save of 1 GB', { format: 'docker-archive', compression: 'none' })
  await phase('the same with gzip', { format: 'docker-archive', compression: 'gzip' })
  await phase('the same with zstd', { format: 'docker-archive', compression: 'zstd' })
  await phase(
    `${AT_ONCE} layouts of 100 MB at once`,
    { format: 'oci-layout', compression: 'none' },
    { atOnce: AT_ONCE, layerBytes: LAYER_BYTES / 10 },
  )
} finally {
  memory.stop()
  await server.stop()
}
process.exitCode = isWithinLimit ? 0 : 1
