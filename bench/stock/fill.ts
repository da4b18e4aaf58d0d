import { openRegistryClient, type RegistryClient } from '../load/registry-client.ts'
import type { BenchServer } from '../servers/bench-server.ts'

const CLIENTS = 8
/** A server that takes longer to fill is left out of what needs it. */
const PATIENCE_SECONDS = 75

/** A server could not be filled in time. */
export class TooSlowToFill extends Error {
  override readonly name = 'TooSlowToFill'
}

/**
 * Fills a server by its API, with several clients at once.
 * @throws TooSlowToFill when it takes too long.
 */
export async function fill(
  server: BenchServer,
  authorization: string | undefined,
  count: number,
  push: (client: RegistryClient, index: number) => Promise<unknown>,
): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => openRegistryClient(server, authorization)))
  const giveUpAt = performance.now() + PATIENCE_SECONDS * 1000
  let next = 0
  async function work(client: RegistryClient): Promise<void> {
    while (next < count) {
      const index = next++
      if (performance.now() > giveUpAt) {
        throw new TooSlowToFill(`filling it took more than ${PATIENCE_SECONDS} s (${index} of ${count})`)
      }
      await push(client, index)
    }
  }
  try {
    await Promise.all(clients.map(work))
  } finally {
    for (const client of clients) client.close()
  }
}
