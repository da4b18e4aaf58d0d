import { createHash } from 'node:crypto'
import { checkAnswer } from '../load/check-answer.ts'
import { Connection } from '../load/connection.ts'
import { formatRequest } from '../load/format-request.ts'
import { copyFile } from '../machine/measure-machine.ts'
import { largeBlob } from '../stock/large-blob.ts'
import { pullScope } from '../stock/scopes.ts'
import type { Workload } from './workload.ts'

/** Downloads of each connection in one run. */
const TURNS = 2

export const blobGetOne = blobGetWorkload('blob-get-200m', 'blob GET 200 MiB', 1)
export const blobGetFour = blobGetWorkload('blob-get-200m-4', 'blob GET 200 MiB, 4 connections', 4)

function blobGetWorkload(name: string, title: string, connections: number): Workload {
  return {
    name,
    title,
    unit: 'MB/s',
    targets: [
      { kind: 'ratio', atLeast: 1.5 },
      { kind: 'of-bare', percent: 90 },
    ],
    async prepare({ stock }) {
      const { server } = stock
      const { repository, blob } = await largeBlob(stock)
      const authorization = await server.authorize(pullScope(repository))
      const request = formatRequest(server.address, { path: `/v2/${repository}/blobs/${blob.digest}`, authorization })
      const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(server.address)))
      const expected = { status: 200, bodyBytes: blob.size, inHead: blob.digest }
      /** That what comes is what was pushed is seen once per run, beside the clock. */
      async function checkContent(connection: Connection): Promise<void> {
        const hash = createHash('sha256')
        await connection.exchange(request, { onBody: (bytes) => hash.update(bytes) })
        if (`sha256:${hash.digest('hex')}` !== blob.digest) throw new Error('what came is not what was pushed')
      }
      async function download(connection: Connection): Promise<void> {
        for (let turn = 0; turn < TURNS; turn++) checkAnswer(await connection.exchange(request), expected)
      }
      return {
        async run() {
          for (const connection of opened.slice(0, 1)) await checkContent(connection)
          const startedAt = performance.now()
          await Promise.all(opened.map(download))
          return (blob.size * TURNS * connections) / 1000 / (performance.now() - startedAt)
        },
        close() {
          for (const connection of opened) connection.close()
        },
      }
    },
    async prepareBare(bare) {
      return { run: () => copyFile(bare, connections, TURNS) }
    },
  }
}
