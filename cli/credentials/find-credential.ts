import { join } from 'node:path'
import { contextsPath, readContexts } from '../servers/contexts.ts'
import { imageHostOf } from '../servers/docker-hub.ts'
import { serverUrl } from '../servers/server-url.ts'
import type { Credential } from './credential.ts'
import { openCredentialStore } from './credential-store.ts'
import { readDockerConfig } from './docker-config.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What is known of a user at a registry: `KONTOR_TOKEN`, docker's credential helper or configuration, or podman's.
 * Undefined for nobody.
 * @param server what the command line names as the server, if it does.
 * @throws CliError for files that cannot be read and helpers that fail.
 */
export async function findCredential(
  env: Environment,
  host: string,
  server?: string | undefined,
): Promise<Credential | undefined> {
  const token = env['KONTOR_TOKEN']
  const isMeant = async () => {
    const chosen = await serverOfToken(env, server)
    return chosen === undefined || chosen === host
  }
  if (token && (await isMeant())) return { kind: 'access-token', token }
  const store = await openCredentialStore(env, host)
  return (await store.find()) ?? findInContainersAuth(env, host)
}

/**
 * The host that `KONTOR_TOKEN` is for: the server that is chosen for all commands, and no other that happens to stand in
 * the name of an image. Undefined when none is chosen.
 * @throws CliError for an address that is none, or contexts that cannot be read.
 */
export async function serverOfToken(env: Environment, server?: string | undefined): Promise<string | undefined> {
  const chosen = server ?? (env['KONTOR_SERVER'] || (await readContexts(contextsPath(env))).current)
  return chosen === undefined ? undefined : serverUrl(chosen).host
}

/** podman, buildah and skopeo have the same format in another place, by the host in names of images (containers-auth.json(5)). */
async function findInContainersAuth(env: Environment, host: string): Promise<Credential | undefined> {
  const runtime = env['XDG_RUNTIME_DIR']
  const path = env['REGISTRY_AUTH_FILE'] || (runtime && join(runtime, 'containers', 'auth.json'))
  return path ? (await readDockerConfig(path)).find(imageHostOf(host)) : undefined
}
