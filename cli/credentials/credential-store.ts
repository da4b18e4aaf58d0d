import type { KeptCredential } from './credential.ts'
import { openCredentialHelper } from './credential-helper.ts'
import { dockerConfigPath, readDockerConfig } from './docker-config.ts'

/** Where docker keeps what is known of a user at one server: so do we, and each finds what the other has left. */
export interface CredentialStore {
  /** For people: the helper's program, or the file. */
  readonly place: string
  /** Whether anybody who reads the file has the secret. */
  readonly isPlainText: boolean
  find(): Promise<KeptCredential | undefined>
  /** Into the helper where there is one; never into the file then, not even when the helper fails. */
  put(credential: KeptCredential): Promise<void>
  /** From the helper, and from the file, where an older login may have left it. */
  remove(): Promise<void>
}

/**
 * Opens docker's store for a server.
 * @param host as docker calls the server: host and port.
 * @throws CliError when docker's config.json cannot be read.
 */
export async function openCredentialStore(
  env: Readonly<Record<string, string | undefined>>,
  host: string,
): Promise<CredentialStore> {
  const path = dockerConfigPath(env)
  // Read again before each change: others write it, too, while somebody looks for a password.
  const config = await readDockerConfig(path)
  const name = config.helperFor(host)
  const helper = name === undefined ? undefined : openCredentialHelper(name, env)
  return {
    place: name === undefined ? path : `docker-credential-${name}`,
    isPlainText: name === undefined,
    find: async () => (await helper?.get(host)) ?? config.find(host),
    async put(credential) {
      await helper?.store(host, credential)
      await (await readDockerConfig(path)).put(host, helper === undefined ? credential : 'in-helper')
    },
    async remove() {
      await helper?.erase(host)
      await (await readDockerConfig(path)).remove(host)
    },
  }
}
