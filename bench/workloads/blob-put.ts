import { rm } from 'node:fs/promises'
import { chunkedBody } from '../load/chunked-body.ts'
import { createBlobMaker, type MadeUpBlob } from '../load/made-up-blob.ts'
import { openRegistryClient, type RegistryClient } from '../load/registry-client.ts'
import { ORGANIZATION } from '../servers/kontor-accounts.ts'
import { pushScope } from '../stock/scopes.ts'
import type { Workload } from './workload.ts'

const MIB = 1024 * 1024
const REPOSITORY = `${ORGANIZATION}/uploads`

export const blobPut = blobPutWorkload(
  { name: 'blob-put-200m', title: 'blob PUT 200 MiB, single PUT', bytes: 200 * MIB, clients: 1 },
  (client, blob) => client.pushBlob(REPOSITORY, blob),
)
export const blobPatch = blobPutWorkload(
  { name: 'blob-patch-200m', title: 'blob PUT 200 MiB, streamed PATCH', bytes: 200 * MIB, clients: 1 },
  (client, blob) => client.streamBlob(REPOSITORY, blob, chunkedBody),
)
export const blobPutFour = blobPutWorkload(
  { name: 'blob-put-4x50m', title: 'blob PUT 4 × 50 MiB at once, single PUTs', bytes: 50 * MIB, clients: 4 },
  (client, blob) => client.pushBlob(REPOSITORY, blob),
)

function blobPutWorkload(
  { name, title, bytes, clients }: { name: string; title: string; bytes: number; clients: number },
  push: (client: RegistryClient, blob: MadeUpBlob) => Promise<void>,
): Workload {
  return {
    name,
    title,
    unit: 'MB/s',
    targets: [{ kind: 'ratio', atLeast: 2 }],
    async prepare({ stock }) {
      const { server } = stock
      const authorization = await server.authorize(pushScope(REPOSITORY))
      const opened = await Promise.all(Array.from({ length: clients }, () => openRegistryClient(server, authorization)))
      const makeBlob = createBlobMaker(bytes)
      return {
        async run() {
          const pushes = opened.map((client) => ({ client, blob: makeBlob() }))
          const startedAt = performance.now()
          await Promise.all(pushes.map(({ client, blob }) => push(client, blob)))
          const milliseconds = performance.now() - startedAt
          for (const { client, blob } of pushes) {
            const path = `/v2/${REPOSITORY}/blobs/${blob.digest}`
            await client.ask({ method: 'HEAD', path }, { status: 200, contentLength: bytes })
            // Nobody asks for it again, and the disk must not fill up.
            await rm(server.blobFile(REPOSITORY, blob.digest))
          }
          return (bytes * clients) / 1000 / milliseconds
        },
        close() {
          for (const client of opened) client.close()
        },
      }
    },
  }
}
