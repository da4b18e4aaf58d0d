import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A registry that is no Kontor, as far as logging in goes: `dora` with the password `explorer`. */
export interface OtherRegistry {
  readonly host: string
  /** The `Authorization` headers that came, in order. */
  readonly received: readonly string[]
  stop(): Promise<void>
}

const RIGHT = `Basic ${Buffer.from('dora:explorer').toString('base64')}`

/** @param scheme how it wants to be told. */
export async function startOtherRegistry(scheme: 'basic' | 'bearer' | 'none'): Promise<OtherRegistry> {
  const received: string[] = []
  let origin = ''
  const isRight = (request: IncomingMessage) =>
    request.headers.authorization === (scheme === 'basic' ? RIGHT : 'Bearer let-me-in')
  const server = createServer((request, response) => {
    if (request.headers.authorization) received.push(request.headers.authorization)
    const { pathname, searchParams } = new URL(request.url ?? '', origin)
    if (pathname === '/auth' && request.headers.authorization === RIGHT && searchParams.get('service') === 'other') {
      response.end(JSON.stringify({ token: 'let-me-in' }))
    } else if (pathname === '/auth') {
      response.writeHead(401).end()
    } else if (pathname !== '/v2/') {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"errors":[]}')
    } else if (scheme === 'none' || isRight(request)) {
      response.end('{}')
    } else {
      const challenge = scheme === 'basic' ? 'Basic realm="other"' : `Bearer realm="${origin}/auth",service="other"`
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  origin = `http://${host}`
  return {
    host,
    received,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
