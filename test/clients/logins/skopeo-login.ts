import { join } from 'node:path'
import type { ClientRegistry } from '../client-registry.ts'
import { readLayout, sampleImage } from '../images.ts'
import { createLoginClient, type LoginClient } from './login-client.ts'

/** Makes a skopeo, which copies between layout directories and the registry; digests are those of manifests. */
export async function startSkopeoLogin(registry: ClientRegistry): Promise<LoginClient> {
  const client = await registry.client('skopeo')
  const sample = await sampleImage('busybox')
  const name = (image: string) => `docker://${registry.host}/${image}`
  return createLoginClient({
    client,
    asksAtLogin: true,
    // Of the answer to a login it looks at the status only.
    ownWords: { login: /invalid username\/password/ },
    login: ({ username }) => ['login', '--username', username, '--password-stdin', registry.host],
    logout: () => ['logout', registry.host],
    push: async (image) => ({
      args: ['copy', sample.reference, name(image)],
      digest: async () => sample.digest,
    }),
    async pull(image) {
      const target = join(await registry.newDirectory(), 'layout')
      return {
        args: ['copy', name(image), `oci:${target}:latest`],
        digest: async () => (await readLayout(target)).digest,
      }
    },
  })
}
