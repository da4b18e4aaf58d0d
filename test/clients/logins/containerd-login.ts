import type { ClientRegistry } from '../client-registry.ts'
import { startContainerdDaemon } from '../containerd-daemon.ts'
import { readImageBytes } from '../image-bytes.ts'
import { sampleImage, writeArchive } from '../images.ts'
import { createLoginClient, type LoginClient } from './login-client.ts'

/** All that ctr passes on of an answer is its status, or the `error` of its challenge without the description. */
const unauthorized = /failed to fetch oauth token: unexpected status: 401 Unauthorized/
const insufficient = /server message: insufficient_scope: authorization failed/

/** Starts a containerd and its `ctr`, which takes the credentials with each command; digests are those of manifests. */
export async function startContainerdLogin(registry: ClientRegistry): Promise<LoginClient> {
  const daemon = registry.adopt(await startContainerdDaemon())
  const client = await registry.client('ctr', { globalArgs: ['--address', daemon.address] })
  const sample = await sampleImage('busybox')
  const name = (image: string) => `${registry.strictHost}/${image}`
  const reach = registry.caFile === undefined ? ['--plain-http'] : ['--tlscacert', registry.caFile]
  let user: readonly string[] = []

  const imageNames = async () => (await client.ok(['images', 'list', '--quiet'])).stdout.split('\n').filter(Boolean)
  const storedDigest = async (reference: string): Promise<string> => {
    const { stdout } = await client.ok(['images', 'list', `name==${reference}`])
    const digest = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? ''
    const part = async (partDigest: string) => (await client.ok(['content', 'get', partDigest])).stdoutBytes
    return (await readImageBytes(digest, { manifest: part, blob: part })).digest
  }

  return createLoginClient({
    client,
    asksAtLogin: false,
    ownWords: {
      login: unauthorized,
      pull: insufficient,
      'late pull': unauthorized,
      push: insufficient,
      'blind push': insufficient,
    },
    login({ username, secret }) {
      user = ['--user', `${username}:${secret}`]
      return undefined
    },
    logout() {
      user = []
      return undefined
    },
    async push(image) {
      const archive = await writeArchive(sample, 'oci-archive', name(image), await registry.newDirectory())
      await client.ok(['images', 'import', '--all-platforms', '--no-unpack', archive])
      return { args: ['images', 'push', ...reach, ...user, name(image)], digest: async () => sample.digest }
    },
    async pull(image) {
      const old = await imageNames()
      if (old.length > 0) await client.ok(['images', 'remove', '--sync', ...old])
      return {
        args: ['images', 'pull', ...reach, ...user, name(image)],
        digest: () => storedDigest(name(image)),
      }
    },
  })
}
