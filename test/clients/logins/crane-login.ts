import { join } from 'node:path'
import type { ClientRegistry } from '../client-registry.ts'
import { readLayout, sampleImage } from '../images.ts'
import { createLoginClient, type LoginClient } from './login-client.ts'

/** Makes a crane, which copies between layout directories and the registry; digests are those of manifests. */
export async function startCraneLogin(registry: ClientRegistry): Promise<LoginClient> {
  const client = await registry.client('crane')
  const sample = await sampleImage('busybox')
  const name = (image: string) => `${registry.host}/${image}`
  return createLoginClient({
    client,
    asksAtLogin: false,
    // It looks with HEAD, whose answer has no body, and does not read the challenge.
    ownWords: { 'blind push': /HEAD \S+ unexpected status code 401 Unauthorized/ },
    login: ({ username }) => ['auth', 'login', registry.host, '--username', username, '--password-stdin'],
    logout: () => ['auth', 'logout', registry.host],
    push: async (image) => ({
      args: ['push', sample.directory, name(image)],
      digest: async () => sample.digest,
    }),
    async pull(image) {
      const target = join(await registry.newDirectory(), 'layout')
      return {
        args: ['pull', '--format', 'oci', name(image), target],
        digest: async () => (await readLayout(target)).digest,
      }
    },
  })
}
