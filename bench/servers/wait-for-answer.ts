import { setTimeout } from 'node:timers/promises'
import { type Address, Connection } from '../load/connection.ts'
import { formatRequest } from '../load/format-request.ts'

const TRY_EVERY_MS = 1
const GIVE_UP_MS = 60_000

/** Waits until a server answers anything at all. @throws Error when it does not in a minute. */
export async function waitForAnswer(address: Address, path: string): Promise<void> {
  const request = formatRequest(address, { path })
  const giveUpAt = performance.now() + GIVE_UP_MS
  for (;;) {
    try {
      const connection = await Connection.open(address)
      await connection.exchange(request)
      connection.close()
      return
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
      await setTimeout(TRY_EVERY_MS)
    }
  }
}
