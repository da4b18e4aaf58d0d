import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A registry that is not ours: Debian's `docker-registry`, which lists no referrers and asks nobody who they are. */
export interface DockerRegistry {
  readonly url: string
  readonly host: string
  stop(): Promise<void>
}

/** Whether there is one on this machine. */
export const HAS_DOCKER_REGISTRY = spawnSync('docker-registry', ['--version']).status === 0

export async function startDockerRegistry(): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-other-'))
  const port = await freePort()
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: { addr: `127.0.0.1:${port}`, secret: 'of a test' },
  }
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const url = `http://localhost:${port}`
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/v2/`).catch(() => undefined)
    if (answer?.status === 200) break
    await sleep(20)
  }
  return {
    url,
    host: `localhost:${port}`,
    async stop() {
      child.kill()
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
