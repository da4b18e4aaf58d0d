/**
 * Whether several processes would answer more requests than one on this machine, while the load comes from it as well:
 * `npm run bench:processes`. Servers that do nothing but send, after as much work as Kontor has with a small request. Each
 * has a port of its own, which costs nothing; to share one would.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Connection } from './load/connection.ts'
import { formatRequest } from './load/format-request.ts'
import { measureRequests } from './load/measure-requests.ts'
import { renderTable } from './measure/render-table.ts'
import { median } from './measure/statistics.ts'

const PROGRAM = fileURLToPath(new URL('machine/working-server.ts', import.meta.url))
const PROCESSES = [1, 2]
/** Microseconds of processor: nothing, `/v2/`, a manifest, a page of the catalogue, beside what node:http takes. */
const WORK = [0, 10, 30, 150]
const CONNECTIONS = 16
const ROUNDS = 5
const SECONDS = 0.4

const rows: string[][] = []
for (const work of WORK) {
  const rates = new Map<number, number[]>(PROCESSES.map((count) => [count, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [count, measured] of rates) measured.push(await measure(count, work))
  }
  const medians = [...rates.values()].map(median)
  const [alone = Number.NaN] = medians
  const cells = medians.map((rate) => `${Math.round(rate).toLocaleString('en')} (${(rate / alone).toFixed(2)}×)`)
  rows.push([`${work} µs`, ...cells])
}
const head = ['work for an answer', ...PROCESSES.map((count) => `${count} process${count === 1 ? '' : 'es'}, per s`)]
console.log(
  `${availableParallelism()} cores, ${CONNECTIONS} connections, medians of ${ROUNDS}\n\n${renderTable(head, rows)}`,
)

async function measure(processes: number, workMicroseconds: number): Promise<number> {
  const servers = await Promise.all(Array.from({ length: processes }, () => start(workMicroseconds)))
  const request = formatRequest({ host: '127.0.0.1', port: 80 }, { path: '/' })
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS / processes }, () =>
      servers.map(({ address }) => Connection.open(address)),
    ).flat(),
  )
  try {
    return await measureRequests(connections, [{ request, expected: { status: 200, bodyBytes: 900 } }], SECONDS)
  } finally {
    for (const connection of connections) connection.close()
    for (const { child } of servers) {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    }
  }
}

async function start(workMicroseconds: number) {
  const child = fork(PROGRAM, [String(workMicroseconds)])
  const [bound]: { address: string; port: number }[] = await once(child, 'message')
  if (bound === undefined) throw new Error('the server did not say where it listens')
  return { child, address: { host: bound.address, port: bound.port } }
}
