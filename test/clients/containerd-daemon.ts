import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { requireTool } from './tools.ts'

/** A containerd with storage of its own, empty at first. */
export interface ContainerdDaemon extends Daemon {
  /** What `ctr --address` takes. */
  address: string
}

/** Starts Debian's containerd, which needs root, without its Kubernetes interface. Throws when it does not come up. */
export async function startContainerdDaemon(): Promise<ContainerdDaemon> {
  const directory = await mkdtemp(join(tmpdir(), 'containerd-'))
  const address = join(directory, 'containerd.sock')
  const configFile = join(directory, 'config.toml')
  const config = [
    'version = 2',
    `root = "${directory}/root"`,
    `state = "${directory}/state"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `  address = "${address}"`,
  ]
  await writeFile(configFile, `${config.join('\n')}\n`)
  const daemon = await startDaemon({
    command: requireTool('containerd'),
    args: ['--config', configFile],
    env: { PATH: process.env['PATH'] ?? '', HOME: directory },
    readyLine: /successfully booted/,
  })
  return {
    address,
    async stop() {
      await daemon.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
