import { credentialKeyOf } from '../servers/docker-hub.ts'
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
 * @param host that is spoken to: with its port.
 * @throws CliError when docker's config.json cannot be read.
 */
export async function openCredentialStore(
  env: Readonly<Record<string, string | undefined>>,
  host: string,
): Promise<CredentialStore> {
  const path = dockerConfigPath(env)
  // Read again before each change: others write it, too, while somebody looks for a password.
  const config = await readDockerConfig(path)
  const key = credentialKeyOf(host)
  const name = config.helperFor(key)
  const helper = name === undefined ? undefined : openCredentialHelper(name, env)
  return {
    place: name === undefined ? path : `docker-credential-${name}`,
    isPlainText: name === undefined,
    find: async () => (await helper?.get(key)) ?? config.find(key),
    async put(credential) {
      await helper?.store(key, credential)
      await (await readDockerConfig(path)).put(key, helper === undefined ? credential : 'in-helper')
    },
    async remove() {
      await helper?.erase(key)
      await (await readDockerConfig(path)).remove(key)
    },
  }
}
