import type { ClientRegistry } from '../client-registry.ts'
import { startDockerDaemon } from '../docker-daemon.ts'
import { sampleImage, writeArchive } from '../images.ts'
import { createLoginClient, type LoginClient } from './login-client.ts'

/** Starts an engine and a docker that speaks to it; digests are those of image configs. */
export async function startDockerLogin(registry: ClientRegistry, command: string): Promise<LoginClient> {
  const engine = registry.adopt(await startDockerDaemon(registry.caFile))
  const client = await registry.client('docker', { command, globalArgs: ['--host', engine.host] })
  const sample = 'sample:1'
  const archive = await writeArchive(
    await sampleImage('busybox'),
    'docker-archive',
    sample,
    await registry.newDirectory(),
  )
  const name = (image: string) => `${registry.strictHost}/${image}`
  const imageId = async (reference: string) =>
    (await client.ok(['image', 'inspect', '--format', '{{.Id}}', reference])).stdout.trim()
  return createLoginClient({
    client,
    asksAtLogin: true,
    ownWords: {},
    login: ({ username }) => ['login', '--username', username, '--password-stdin', registry.strictHost],
    logout: () => ['logout', registry.strictHost],
    async push(image) {
      await client.ok(['load', '--input', archive])
      await client.ok(['tag', sample, name(image)])
      return { args: ['push', name(image)], digest: () => imageId(sample) }
    },
    async pull(image) {
      await client.ok(['image', 'prune', '--all', '--force'])
      return { args: ['pull', name(image)], digest: () => imageId(name(image)) }
    },
  })
}
