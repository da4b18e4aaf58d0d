import { openRegistryClient, type RegistryClient } from '../load/registry-client.ts'
import { countSyncs } from '../measure/count-syncs.ts'
import type { BenchServer } from '../servers/bench-server.ts'
import { ORGANIZATION } from '../servers/kontor-accounts.ts'
import { imageManifest, pushBlobs } from '../stock/image.ts'
import { pushScope } from '../stock/scopes.ts'
import type { Workload } from './workload.ts'

const SECONDS = 0.8
const LAYER_BYTES = 1024
const COUNTED_IMAGES = 24

export const tinyImage = tinyImageWorkload('image-push', 'tiny image push, 1 client', { clients: 1, atLeast: 4 })
export const tinyImages = tinyImageWorkload('image-push-8', 'tiny image push, 8 clients', { clients: 8, atLeast: 6 })
export const imageSyncs = syncsWorkload('image-fsyncs', 'fsyncs for a tiny image, 1 client', 1)
export const imagesSyncs = syncsWorkload('image-fsyncs-8', 'fsyncs for a tiny image, 8 clients', 8)

/** Images of two blobs and a manifest, all new, by clients that each have a repository. */
function tinyImageWorkload(
  name: string,
  title: string,
  { clients, atLeast }: { readonly clients: number; readonly atLeast: number },
): Workload {
  return {
    name,
    title,
    unit: 'per s',
    targets: [{ kind: 'ratio', atLeast }],
    async prepare({ stock }) {
      const { pushOn, close } = await openPushers(stock.server, clients)
      return {
        async run() {
          const startedAt = performance.now()
          const pushed = await pushOn(() => performance.now() - startedAt < SECONDS * 1000)
          return (pushed * 1000) / (performance.now() - startedAt)
        },
        close,
      }
    },
  }
}

/** How often the disk is waited for: counted beside the clock, because a server that is watched is slow. */
function syncsWorkload(name: string, title: string, clients: number): Workload {
  return {
    name,
    title,
    unit: 'fsyncs',
    targets: [{ kind: 'at-most', value: 6 }],
    async prepare({ stock }) {
      const { pushOn, close } = await openPushers(stock.server, clients)
      return {
        async run() {
          let begun = 0
          let pushed = 0
          const syncs = await countSyncs(stock.server.pid, async () => {
            pushed = await pushOn(() => begun++ < COUNTED_IMAGES)
          })
          return syncs / pushed
        },
        close,
      }
    },
  }
}

let pushers = 0

async function openPushers(server: BenchServer, count: number) {
  const opened = await Promise.all(
    Array.from({ length: count }, async () => {
      const repository = `${ORGANIZATION}/tiny-${pushers++}`
      return { repository, client: await openRegistryClient(server, await server.authorize(pushScope(repository))) }
    }),
  )
  let tags = 0
  return {
    /** Pushes until told to stop; how many images. */
    async pushOn(goesOn: () => boolean): Promise<number> {
      let pushed = 0
      const work = async ({ client, repository }: { client: RegistryClient; repository: string }) => {
        while (goesOn()) {
          const { config, layers } = await pushBlobs(client, repository, 1, LAYER_BYTES)
          await client.pushManifest(repository, imageManifest(config, layers), `v${tags++}`)
          pushed += 1
        }
      }
      await Promise.all(opened.map(work))
      return pushed
    },
    close() {
      for (const { client } of opened) client.close()
    },
  }
}
