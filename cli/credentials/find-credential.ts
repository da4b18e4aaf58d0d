import { join } from 'node:path'
import type { Credential } from './credential.ts'
import { openCredentialHelper } from './credential-helper.ts'
import { dockerConfigPath, readDockerConfig } from './docker-config.ts'

/**
 * What is known of a user at a registry: `KONTOR_TOKEN`, docker's credential helper or configuration, or podman's.
 * Undefined for nobody.
 * @throws CliError for files that cannot be read and helpers that fail.
 */
export async function findCredential(
  env: Readonly<Record<string, string | undefined>>,
  host: string,
): Promise<Credential | undefined> {
  const token = env['KONTOR_TOKEN']
  if (token) return { kind: 'access-token', token }
  const config = await readDockerConfig(dockerConfigPath(env))
  const helper = config.helperFor(host)
  const kept = helper === undefined ? undefined : await openCredentialHelper(helper, env).get(host)
  return kept ?? config.find(host) ?? findInContainersAuth(env, host)
}

/** podman, buildah and skopeo have the same format in another place (containers-auth.json(5)). */
async function findInContainersAuth(
  env: Readonly<Record<string, string | undefined>>,
  host: string,
): Promise<Credential | undefined> {
  const runtime = env['XDG_RUNTIME_DIR']
  const path = env['REGISTRY_AUTH_FILE'] || (runtime && join(runtime, 'containers', 'auth.json'))
  return path ? (await readDockerConfig(path)).find(host) : undefined
}
