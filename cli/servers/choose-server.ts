import { contextsPath, readContexts } from './contexts.ts'
import { serverUrl } from './server-url.ts'

/** Where `npm start` and `docker run` put a Kontor. */
const DEFAULT_SERVER = 'localhost:5000'

/**
 * The server that a command is meant for: `--server`, the host in a reference, `KONTOR_SERVER`, the current context, or
 * the one on this machine. What a user writes counts before what was set for all commands.
 * @throws CliError for an address that is none, or contexts that cannot be read.
 */
export async function chooseServer(
  env: Readonly<Record<string, string | undefined>>,
  named: { readonly server?: string | undefined; readonly host?: string | undefined },
): Promise<URL> {
  const chosen = named.server ?? named.host ?? (env['KONTOR_SERVER'] || undefined)
  if (chosen !== undefined) return knownServerUrl(env, chosen)
  return serverUrl((await readContexts(contextsPath(env))).current ?? DEFAULT_SERVER)
}

/**
 * The address of a server by its host. One that was logged in to as `http://10.0.0.7:5000` is meant, too, where a
 * reference or docker calls it `10.0.0.7:5000`: neither can say that it goes without TLS.
 * @throws CliError for an address that is none, or contexts that cannot be read.
 */
export async function knownServerUrl(env: Readonly<Record<string, string | undefined>>, server: string): Promise<URL> {
  const url = serverUrl(server)
  if (server.includes('://')) return url
  const { servers } = await readContexts(contextsPath(env))
  return (
    servers
      .filter((known) => known.includes('://'))
      .map(serverUrl)
      .find(({ host }) => host === url.host) ?? url
  )
}
