import type { Address, RawRequest } from './connection.ts'

/** What to ask of a server. */
export interface RequestOptions {
  readonly method?: string
  /** With its query. */
  readonly path: string
  /** The value of the `Authorization` header; undefined where a server asks for none. */
  readonly authorization?: string | undefined
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: Buffer
}

/** Puts a request together once, so that it can be sent many times. A body given here is sent with its length. */
export function formatRequest(address: Address, options: RequestOptions): RawRequest {
  const { method = 'GET', path, authorization, headers = {}, body } = options
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${address.host}:${address.port}`]
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`)
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return { method, bytes: body === undefined ? head : Buffer.concat([head, body]) }
}
