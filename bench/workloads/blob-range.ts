import { formatRequest } from '../load/format-request.ts'
import { LARGE_BLOB_BYTES, largeBlob } from '../stock/large-blob.ts'
import { pullScope } from '../stock/scopes.ts'
import { repeatedRequests } from './repeated-requests.ts'
import type { Workload } from './workload.ts'

const RANGE_BYTES = 1024 * 1024
const RANGES = 190
const CONNECTIONS = 4

/** Stretches from all over a large blob, as lazy snapshotters ask for them. */
export const blobRange: Workload = {
  name: 'blob-range-1m',
  title: 'ranged GET of 1 MiB, 4 connections',
  unit: 'MB/s',
  targets: [{ kind: 'ratio', atLeast: 3 }],
  async prepare({ stock }) {
    const { server } = stock
    const { repository, blob } = await largeBlob(stock)
    const authorization = await server.authorize(pullScope(repository))
    const path = `/v2/${repository}/blobs/${blob.digest}`
    const requests = Array.from({ length: RANGES }, (_, index) => {
      // Not at the borders of pages, and not in the order of the file.
      const first = ((index * 7919) % RANGES) * RANGE_BYTES + 12_345
      const last = first + RANGE_BYTES - 1
      const range = `${first}-${last}`
      const request = formatRequest(server.address, { path, authorization, headers: { Range: `bytes=${range}` } })
      const inHead = `bytes ${range}/${LARGE_BLOB_BYTES}`
      return { request, expected: { status: 206, bodyBytes: RANGE_BYTES, inHead } }
    })
    const { run, ...rest } = await repeatedRequests(server, requests, CONNECTIONS)
    return { ...rest, run: async () => ((await run()) * RANGE_BYTES) / 1_000_000 }
  },
}
