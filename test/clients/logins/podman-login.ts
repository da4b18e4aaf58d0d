import type { ClientRegistry } from '../client-registry.ts'
import { sampleImage, writeArchive } from '../images.ts'
import { createLoginClient, type LoginClient } from './login-client.ts'

/** Makes a podman with storage of its own; digests are those of image configs. */
export async function startPodmanLogin(registry: ClientRegistry): Promise<LoginClient> {
  const client = await registry.client('podman')
  const sample = 'localhost/sample:1'
  const archive = await writeArchive(
    await sampleImage('busybox'),
    'docker-archive',
    sample,
    await registry.newDirectory(),
  )
  const name = (image: string) => `${registry.host}/${image}`
  const imageId = async (reference: string) =>
    (await client.ok(['image', 'inspect', '--format', '{{.Id}}', reference])).stdout.trim()
  return createLoginClient({
    client,
    asksAtLogin: true,
    // Of the answer to a login it looks at the status only.
    ownWords: { login: /invalid username\/password/ },
    login: ({ username }) => ['login', '--username', username, '--password-stdin', registry.host],
    logout: () => ['logout', registry.host],
    async push(image) {
      await client.ok(['load', '--input', archive])
      return { args: ['push', sample, name(image)], digest: () => imageId(sample) }
    },
    async pull(image) {
      await client.ok(['rmi', '--all', '--force'])
      return { args: ['pull', name(image)], digest: () => imageId(name(image)) }
    },
  })
}
