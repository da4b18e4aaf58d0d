import { Connection } from '../load/connection.ts'
import { measureRequests, type RepeatableRequest } from '../load/measure-requests.ts'
import type { BenchServer } from '../servers/bench-server.ts'
import type { Prepared } from './workload.ts'

export const CONNECTIONS = 16
const SECONDS = 0.6

/** Asks the same few things all the time, on some connections at once; requests a second. */
export async function repeatedRequests(
  server: BenchServer,
  requests: readonly RepeatableRequest[],
  connections = CONNECTIONS,
): Promise<Prepared> {
  const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(server.address)))
  return {
    run: () => measureRequests(opened, requests, SECONDS),
    close() {
      for (const connection of opened) connection.close()
    },
  }
}
