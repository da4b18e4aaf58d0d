import { openRegistryClient } from '../load/registry-client.ts'
import { median } from '../measure/statistics.ts'
import { imageManifest, pushBlobs } from '../stock/image.ts'
import { pushScope } from '../stock/scopes.ts'
import { largeTaggedRepository, taggedRepository } from '../stock/tagged-repository.ts'
import type { Workload } from './workload.ts'

const DELETIONS = 5

/** Deletes images that have one tag of many. */
export const deleteManifest: Workload = {
  name: 'delete-by-digest',
  title: 'delete by digest among 5,000 tags',
  unit: 'ms',
  alsoWithMany: true,
  targets: [
    { kind: 'ratio', atLeast: 30 },
    { kind: 'flat', atMost: 1.3 },
  ],
  async prepare({ stock }, size) {
    const { server } = stock
    const { repository } = await (size === 'some' ? taggedRepository(stock) : largeTaggedRepository(stock))
    const client = await openRegistryClient(server, await server.authorize(pushScope(repository)))
    let victims = 0
    return {
      async run() {
        const times: number[] = []
        for (let deleted = 0; deleted < DELETIONS; deleted++) {
          const { config, layers } = await pushBlobs(client, repository, 1, 1024)
          const { digest } = await client.pushManifest(repository, imageManifest(config, layers), `victim-${victims++}`)
          const path = `/v2/${repository}/manifests/${digest}`
          const startedAt = performance.now()
          await client.ask({ method: 'DELETE', path }, { status: 202 })
          times.push(performance.now() - startedAt)
          await client.ask({ path }, { status: 404 })
        }
        return median(times)
      },
      close: () => client.close(),
    }
  },
}
