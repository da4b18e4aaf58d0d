import { createBlobMaker, type MadeUpBlob } from '../load/made-up-blob.ts'
import { openRegistryClient } from '../load/registry-client.ts'
import { ORGANIZATION } from '../servers/kontor-accounts.ts'
import { pushScope } from './scopes.ts'
import type { Stock } from './stock.ts'

export const LARGE_BLOB_BYTES = 200 * 1024 * 1024

export interface PushedBlob {
  readonly repository: string
  readonly blob: MadeUpBlob
}

/** A blob of 200 MiB. */
export function largeBlob(stock: Stock): Promise<PushedBlob> {
  return stock.remember('large blob', async () => {
    const repository = `${ORGANIZATION}/large`
    const blob = createBlobMaker(LARGE_BLOB_BYTES)()
    const client = await openRegistryClient(stock.server, await stock.server.authorize(pushScope(repository)))
    await client.pushBlob(repository, blob)
    client.close()
    return { repository, blob }
  })
}
