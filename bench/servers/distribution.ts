import { join } from 'node:path'
import type { Installed, Product } from './bench-server.ts'
import { startPeer } from './start-peer.ts'

/** CNCF Distribution (both lines read the same settings), with the cache of descriptors that its own example has. */
export function installedDistribution(found: {
  readonly product: Product & `distribution-${string}`
  readonly label: string
  readonly program: string
}): Installed {
  const { product, label, program } = found
  return {
    product,
    label,
    start: (dataDir) =>
      startPeer(
        {
          product,
          program,
          args: (configFile) => ['serve', configFile],
          config: ({ dataDir: root, port }) =>
            JSON.stringify({
              version: '0.1',
              log: { level: 'error', accesslog: { disabled: true } },
              storage: {
                filesystem: { rootdirectory: join(root, 'storage') },
                cache: { blobdescriptor: 'inmemory' },
                delete: { enabled: true },
                maintenance: { uploadpurging: { enabled: false } },
              },
              http: { addr: `127.0.0.1:${port}`, secret: 'only for the bench' },
            }),
          blobFile(root, _repository, digest) {
            const hex = digest.replace('sha256:', '')
            return join(root, 'storage/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
          },
        },
        dataDir,
      ),
  }
}
