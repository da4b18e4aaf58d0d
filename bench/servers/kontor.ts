import { join } from 'node:path'
import { startKontor } from '../../test/support/kontor.ts'
import type { Installed } from './bench-server.ts'
import { createKontorAccounts } from './kontor-accounts.ts'
import { waitForAnswer } from './wait-for-answer.ts'

/**
 * Kontor as it comes, but for the access log, which is switched off in the peers too.
 * @param nodeFlags for node itself, such as `--cpu-prof`.
 */
export function installedKontor({ nodeFlags }: { readonly nodeFlags: readonly string[] }): Installed {
  return {
    product: 'kontor',
    label: 'Kontor',
    async start(dataDir) {
      const startedAt = performance.now()
      const server = await startKontor({
        nodeFlags,
        env: { KONTOR_LOG__ACCESS: 'false' },
        ...(dataDir === undefined ? {} : { dataDir }),
      })
      const { hostname: host, port } = new URL(server.url)
      const address = { host, port: Number(port) }
      await waitForAnswer(address, '/v2/')
      const startedInMs = performance.now() - startedAt
      const accounts = createKontorAccounts(server)
      return {
        product: 'kontor',
        address,
        pid: server.pid,
        dataDir: server.dataDir,
        startedInMs,
        authorize: (...scopes) => accounts.authorize(scopes),
        logIn: async () => (await accounts.logins()).accessToken,
        blobFile(_repository, digest) {
          const hex = digest.replace('sha256:', '')
          return join(server.dataDir, 'blobs/blobs/sha256', hex.slice(0, 2), hex)
        },
        accounts,
        stop: () => server.stop(),
      }
    },
  }
}
