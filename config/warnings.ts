import type { ConfigProblem } from './config-error.ts'
import type { LoadedConfig } from './load.ts'
import type { Source } from './source.ts'

/** Says what can be used and will most likely not do what is wanted: in the words of problems, and where to change it. */
export function findConfigWarnings({ config, sources }: LoadedConfig): readonly ConfigProblem[] {
  const { host, tls, publicUrl, trustProxy } = config.http
  const warnings: ConfigProblem[] = []
  const warn = (key: string, message: string) => {
    warnings.push({ source: sources.get(key) ?? DEFAULT, message })
  }
  const isProxied = publicUrl?.startsWith('https:') === true && tls === undefined

  if (tls === undefined && !isProxied && !isLoopback(host)) {
    warn(
      'http.host',
      'passwords cross the network in the clear; set http.tls.certFile and http.tls.keyFile, or, behind a proxy that speaks TLS, http.publicUrl: https://…',
    )
  }
  if (isProxied && trustProxy.length === 0) {
    warn(
      'http.publicUrl',
      'the proxy before this registry is not trusted, so all clients seem to have its address, and share its limit of wrong passwords; set http.trustProxy to the address of the proxy',
    )
  }
  if (tls !== undefined && publicUrl?.startsWith('http:') === true) {
    warn('http.publicUrl', 'clients are sent to plain HTTP for tokens, but this registry speaks TLS; write https://…')
  }
  if (trustProxy.some((range) => /\/0$/.test(range))) {
    warn('http.trustProxy', 'everybody is trusted to say whose address is theirs; name the addresses of the proxy only')
  }
  const passwordSource = sources.get('admin.password')
  if (passwordSource?.kind === 'file' || passwordSource?.kind === 'flag') {
    const reason =
      passwordSource.kind === 'flag'
        ? 'everybody on this machine can see the password on the command line'
        : 'the password is read at the first start only, and then just lies there'
    warn('admin.password', `${reason}; give it as KONTOR_ADMIN__PASSWORD_FILE instead, or use kontor init`)
  }
  return warnings
}

const DEFAULT: Source = { kind: 'default' }

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
