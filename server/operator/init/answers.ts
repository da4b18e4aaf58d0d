import { resolve } from 'node:path'

/** How clients reach the registry without being overheard. */
export type Transport =
  | { readonly kind: 'own-tls'; readonly certFile: string; readonly keyFile: string }
  /** @param addresses of the proxies, which are believed who their clients are. */
  | { readonly kind: 'proxy'; readonly addresses: readonly string[] }
  | { readonly kind: 'plain' }

/** Everything that a registry must be told before its first start. */
export interface Answers {
  /** By which clients reach it; `localhost` for this machine alone. */
  readonly hostName: string
  /** As it was written: a number, if it is any good. */
  readonly port: string
  readonly transport: Transport
  /** Absolute. */
  readonly dataDir: string
}

/** Names of this machine for itself. */
export function isLocalName(hostName: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(hostName)
}

/** The URL by which clients reach the registry. */
export function publicUrlOf({ hostName, port, transport }: Answers): string {
  const host = hostName.includes(':') && !hostName.startsWith('[') ? `[${hostName}]` : hostName
  if (transport.kind === 'proxy') return `https://${host}`
  const [scheme, usualPort] = transport.kind === 'own-tls' ? ['https', '443'] : ['http', '80']
  return port === usualPort ? `${scheme}://${host}` : `${scheme}://${host}:${port}`
}

/**
 * What the answers come down to, as settings by key; whether they can be used is not known yet.
 * @param admin the administrator's name; undefined for the usual one.
 */
export function settingsFor(answers: Answers, admin: string | undefined): ReadonlyMap<string, unknown> {
  const { hostName, port, transport, dataDir } = answers
  const settings = new Map<string, unknown>([
    ['dataDir', dataDir],
    ['http.port', /^\d+$/.test(port) ? Number(port) : port],
  ])
  if (transport.kind === 'own-tls') {
    settings.set('http.tls.certFile', resolve(transport.certFile))
    settings.set('http.tls.keyFile', resolve(transport.keyFile))
    if (isLocalName(hostName)) settings.set('http.host', '127.0.0.1')
  }
  if (transport.kind === 'proxy') {
    settings.set('http.trustProxy', transport.addresses)
    settings.set('http.host', transport.addresses.every(isLocalName) ? '127.0.0.1' : '0.0.0.0')
  }
  if (transport.kind === 'plain' && !isLocalName(hostName)) settings.set('http.host', '0.0.0.0')
  // On one machine every name is as good as another, and what a client asked for is known.
  if (!isLocalName(hostName)) settings.set('http.publicUrl', publicUrlOf(answers))
  if (admin !== undefined) settings.set('admin.username', admin)
  return settings
}
