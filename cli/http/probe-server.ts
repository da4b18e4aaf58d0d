import type { IncomingHttpHeaders } from 'node:http'
import { CliError } from '../cli-error.ts'
import { exchange, type HttpResponse, readText } from './exchange.ts'

/** What answers at an address. */
export type ServerKind =
  | { readonly kind: 'kontor' }
  /** Another registry. @property challenge what it wants; undefined where it lets everybody in. */
  | { readonly kind: 'registry'; readonly challenge: string | undefined }

/**
 * Finds out what is there, without telling it who asks.
 * @throws CliError `network` when nothing answers, and for what is no registry.
 */
export async function probeServer(url: URL, signal?: AbortSignal): Promise<ServerKind> {
  const user = await exchange({ method: 'GET', url: new URL('/api/v1/user', url), signal })
  if (await isKontor(user)) return { kind: 'kontor' }
  const base = await exchange({ method: 'GET', url: new URL('/v2/', url), signal })
  base.body.resume()
  const challenge = headerText(base.headers, 'www-authenticate')
  if (base.status === 200) return { kind: 'registry', challenge: undefined }
  if (base.status === 401 && challenge !== undefined) return { kind: 'registry', challenge }
  throw new CliError(`${url.host} answers (${base.status}), but it is no registry`, { hint: 'check the address' })
}

/** It asks strangers to log in, in RFC 9457's form. */
async function isKontor(response: HttpResponse): Promise<boolean> {
  const text = await readText(response)
  if (!headerText(response.headers, 'content-type')?.startsWith('application/problem+json')) return false
  const { title } = parseOrNothing(text)
  return response.headers['x-request-id'] !== undefined && typeof title === 'string'
}

function parseOrNothing(text: string): { readonly title?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { title?: unknown }
  } catch {
    return {}
  }
}

function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}
