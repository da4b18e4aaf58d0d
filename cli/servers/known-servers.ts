import { dockerConfigPath, readDockerConfig } from '../credentials/docker-config.ts'
import { contextsPath, readContexts } from './contexts.ts'
import { credentialKeyOf, imageHostOf, imageHostOfKey } from './docker-hub.ts'
import { serverUrl } from './server-url.ts'

/** A server that the user has worked with, through this client or docker. */
export interface KnownServer {
  /** As `kontor context use` takes it. */
  readonly server: string
  readonly current: boolean
  /** What keeps its credentials; null where nobody has logged in. */
  readonly keptIn: string | null
  /** Null where it is not known without asking a helper, which may open a keychain. */
  readonly username: string | null
}

/** All of them, the ones of this client first. @throws CliError for files that are broken. */
export async function knownServers(env: Readonly<Record<string, string | undefined>>): Promise<readonly KnownServer[]> {
  const { current, servers } = await readContexts(contextsPath(env))
  const config = await readDockerConfig(dockerConfigPath(env))
  const listed = new Set(servers.map((server) => serverUrl(server).host))
  const named = new Set(config.servers().map(imageHostOfKey))
  const others = [...named].filter((host) => isAddress(host) && !listed.has(serverUrl(host).host)).sort()
  return [...servers, ...others].map((server) => {
    const { host } = serverUrl(server)
    const key = credentialKeyOf(host)
    const kept = config.find(key)
    const helper = named.has(imageHostOf(host)) ? config.helperFor(key) : undefined
    return {
      server,
      current: server === current,
      keptIn: helper !== undefined ? `docker-credential-${helper}` : kept === undefined ? null : config.path,
      username: kept?.kind === 'password' ? kept.username : null,
    }
  })
}

function isAddress(host: string): boolean {
  try {
    serverUrl(host)
    return true
  } catch {
    return false
  }
}
