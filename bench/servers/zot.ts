import { join } from 'node:path'
import type { Installed } from './bench-server.ts'
import { startPeer } from './start-peer.ts'

/** zot as it comes, which is without `storage.commit`: unlike the others it does not wait for the disk. */
export function installedZot({ label, program }: { readonly label: string; readonly program: string }): Installed {
  return {
    product: 'zot',
    label,
    start: (dataDir) =>
      startPeer(
        {
          product: 'zot',
          program,
          args: (configFile) => ['serve', configFile],
          config: ({ dataDir: root, port }) =>
            JSON.stringify({
              distSpecVersion: '1.1.1',
              storage: { rootDirectory: join(root, 'storage'), gc: false },
              http: { address: '127.0.0.1', port: String(port) },
              log: { level: 'fatal' },
            }),
          blobFile: (root, repository, digest) => join(root, 'storage', repository, 'blobs', digest.replace(':', '/')),
        },
        dataDir,
      ),
  }
}
