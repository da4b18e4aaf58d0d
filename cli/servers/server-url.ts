import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { apiHostOf, imageHostOf } from './docker-hub.ts'

/** Names of this machine: docker and podman, too, speak plain HTTP to them. */
const LOCAL = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

/**
 * The address of a server from what a user calls it: `registry.example.com`, `localhost:5000`, `http://10.0.0.7:5000`.
 * Without a scheme it is TLS, except on this machine.
 * @throws CliError usage
 */
export function serverUrl(text: string): URL {
  const isWhole = /^https?:\/\//i.test(text)
  const url = URL.parse(isWhole ? text : `${LOCAL.test(text) ? 'http' : 'https'}://${apiHostOf(text)}`)
  if (url !== null && url.pathname === '/' && url.search === '' && url.username === '') return url
  throw new CliError(`${JSON.stringify(text.slice(0, 200))} is no address of a server`, {
    exitCode: EXIT.usage,
    hint: 'write it as registry.example.com, localhost:5000 or http://10.0.0.7:5000',
  })
}

/** The shortest name that {@link serverUrl} takes for the same address: `localhost:5000`, `http://10.0.0.7:5000`. */
export function serverName(url: URL): string {
  const name = imageHostOf(url.host)
  return serverUrl(name).href === url.href ? name : url.origin
}

/** Whether what is sent there can be read on the way. */
export function isInTheClear({ protocol, host }: URL): boolean {
  return protocol === 'http:' && !LOCAL.test(host)
}
