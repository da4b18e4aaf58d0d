import type { Request } from 'express'

/**
 * The parameters of a request. Cut off by hand: a client may ask for a whole URL (RFC 9112 §3.2.2), and Node hands on
 * what is none, such as `http://x:99999/?q=a`.
 */
export function queryParametersOf({ originalUrl }: Request): URLSearchParams {
  const start = originalUrl.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : originalUrl.slice(start + 1))
}
