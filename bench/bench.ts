/**
 * Measures Kontor, with authentication, and its peers, without, side by side: `npm run bench`.
 * `npm run bench -- ping tags-first --rounds 9 --peers none --json results/bench.json --profile results/profiles`.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { measureMachine } from './machine/measure-machine.ts'
import { startBareServer } from './machine/start-bare-server.ts'
import { measureAccess } from './measure/measure-access.ts'
import { type MeasuredRow, measureWorkload } from './measure/measure-workload.ts'
import { isAllReached, renderMachine, renderProgress, renderResults } from './measure/report.ts'
import type { BenchServer } from './servers/bench-server.ts'
import { findInstalledPeers, PRODUCT_NAMES } from './servers/find-installed.ts'
import { installedKontor } from './servers/kontor.ts'
import { LARGE_BLOB_BYTES } from './stock/large-blob.ts'
import { createStock } from './stock/stock.ts'
import { ALL_WORKLOADS } from './workloads/all-workloads.ts'
import type { Workload } from './workloads/workload.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    /** Products by their keys, separated by commas; `none`, or all that are installed. */
    peers: { type: 'string', default: 'all' },
    /** A file for all that was measured. */
    json: { type: 'string' },
    /** A folder for profiles of Kontor's processor time. */
    profile: { type: 'string' },
  },
})

const rounds = Number(options.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number')
const workloads = chooseWorkloads(positionals)
const startedAt = performance.now()
const kontor = installedKontor({
  nodeFlags: options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`],
})
const wanted = options.peers.split(',')
const peers = findInstalledPeers().filter(({ product }) => options.peers === 'all' || wanted.includes(product))
const installed = [kontor, ...peers]
for (const [product, name] of Object.entries(PRODUCT_NAMES)) {
  if (!installed.some((one) => one.product === product)) say(`without ${name}: it is not installed, or not wanted`)
}

const bare = await startBareServer(LARGE_BLOB_BYTES)
const servers: BenchServer[] = []
const rows: MeasuredRow[] = []
try {
  const limits = await measureMachine(bare)
  say(`${renderMachine(limits)}\n`)
  for (const one of installed) servers.push(await one.start())
  const candidates = servers.map((server, index) => {
    const one = installed[index]
    if (one === undefined) throw new Error('a server was started that is not installed')
    return { installed: one, stock: createStock(server) }
  })
  for (const workload of workloads) {
    const begunAt = performance.now()
    const row = await measureWorkload(workload, { candidates, bare, rounds })
    rows.push(row)
    say(`${renderProgress(row, installed)} [${((performance.now() - begunAt) / 1000).toFixed(0)} s]`)
  }
  console.log(`${renderMachine(limits)}\n\n${renderResults(rows, installed)}`)
  if (options.json !== undefined) await writeJson(options.json, { limits, rows })
} finally {
  for (const server of servers) await server.stop()
  await bare.stop()
}
if (positionals.length === 0) await measureAccess()
say(`\n${rows.length} workloads, ${rounds} rounds, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
if (!isAllReached(rows)) process.exitCode = 1

function chooseWorkloads(names: readonly string[]): readonly Workload[] {
  const unknown = names.filter((name) => !ALL_WORKLOADS.some((workload) => workload.name === name))
  if (unknown.length > 0) {
    const known = ALL_WORKLOADS.map(({ name }) => name).join(', ')
    throw new Error(`there is no workload ${unknown.join(', ')}; there are: ${known}`)
  }
  return names.length === 0 ? ALL_WORKLOADS : ALL_WORKLOADS.filter(({ name }) => names.includes(name))
}

/** Not part of the result. */
function say(text: string): void {
  console.error(text)
}

async function writeJson(path: string, measured: { limits: unknown; rows: readonly MeasuredRow[] }): Promise<void> {
  const results = measured.rows.map(({ workload, outcomes }) => ({
    name: workload.name,
    unit: workload.unit,
    outcomes: Object.fromEntries(outcomes),
  }))
  await mkdir(dirname(path), { recursive: true })
  const labelled = installed.map(({ product, label }) => ({ product, label }))
  await writeFile(
    path,
    `${JSON.stringify({ rounds, installed: labelled, limits: measured.limits, results }, null, 2)}\n`,
  )
}
