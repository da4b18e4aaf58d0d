import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Where a request came from and which address of ours it used, as far as that can be believed. */
export interface ClientOrigin {
  readonly address: string
  readonly origin: string
}

/** Reads the client's address and the scheme and host it used; forwarded headers count only from trusted proxies. */
export type ReadClientOrigin = (request: IncomingMessage) => ClientOrigin

// Host and port, as RFC 9110 allows them and nothing that could end a quoted string or a header (S36, S54).
const HOST = /^(?:[a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/

export function createReadClientOrigin(options: {
  /** IP addresses and CIDR blocks of proxies whose `X-Forwarded-*` headers are believed. */
  readonly trustProxy: readonly string[]
  /** Scheme and host under which clients reach us, where the administrator has said so; else each request tells. */
  readonly publicUrl?: string | undefined
}): ReadClientOrigin {
  const trusted = options.trustProxy.length > 0 ? toBlockList(options.trustProxy) : undefined
  const publicOrigin = options.publicUrl

  return (request) => {
    const { socket, headers } = request
    const peer = plainAddress(socket.remoteAddress ?? '')
    const isProxied = trusted !== undefined && isTrusted(trusted, peer)
    const address = isProxied ? forwardedAddress(headers['x-forwarded-for'], trusted, peer) : peer
    if (publicOrigin !== undefined) return { address, origin: publicOrigin }
    const forwardedHost = isProxied ? first(headers['x-forwarded-host']) : undefined
    const forwardedProto = isProxied ? first(headers['x-forwarded-proto']) : undefined
    const host =
      [forwardedHost, headers.host].find((text) => text !== undefined && HOST.test(text)) ?? localHost(request)
    const ownScheme = socket instanceof TLSSocket ? 'https' : 'http'
    const scheme = forwardedProto === 'https' || forwardedProto === 'http' ? forwardedProto : ownScheme
    return { address, origin: `${scheme}://${host}` }
  }
}

/**
 * The nearest address that is no trusted proxy's: everything before it can be made up by the client. Where all are
 * trusted (clients and proxies in one private network), the farthest.
 */
function forwardedAddress(header: string | string[] | undefined, trusted: BlockList, peer: string): string {
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((hop) => plainAddress(hop.trim()))
  let farthest = peer
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) break
    farthest = hop
    if (!isTrusted(trusted, hop)) break
  }
  return farthest
}

function toBlockList(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

function isTrusted(list: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** An IPv4 client of a dual-stack socket appears as `::ffff:192.0.2.1`; it is the same client. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
}

function localHost({ socket }: IncomingMessage): string {
  const address = plainAddress(socket.localAddress ?? '127.0.0.1')
  return `${isIP(address) === 6 ? `[${address}]` : address}:${socket.localPort}`
}

function first(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header
  return text?.split(',', 1)[0]?.trim()
}
