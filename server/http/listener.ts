import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Config } from '../../config/schema.ts'
import type { Log } from '../log.ts'
import { followRequest } from './access-log.ts'
import { createBodyLimit } from './body-limit.ts'
import { createReadClientOrigin } from './client-origin.ts'
import { defaultMaxConnections, limitConnections } from './connection-limit.ts'
import { drainRequest } from './drain-request.ts'
import type { Metrics } from './metrics.ts'
import { type Overload, refuseBusy } from './refuse-busy.ts'
import type { RequestContext, RequestHandler } from './request-context.ts'
import { createRequestIds } from './request-ids.ts'
import { type OpenTlsMaterial, openTlsMaterial } from './tls.ts'
import { createTurns } from './turns.ts'

/** stargz and podman ask for 1,500 ranges in one header; Node's 16 KiB would answer 431 (TOP-10). */
const MAX_HEADER_BYTES = 64 * 1024

/** Time to send a request's head. There is no limit on a whole request: a layer takes as long as it takes. */
const HEADERS_TIMEOUT_MS = 60_000

/** Connections that may wait to be accepted: beyond Node's 511, clients that come at once try again after 1, 3 and 7 s. */
const BACKLOG = 4096

/** Bodies under way at once: with 64 KiB of each on the way from its socket, they fit into the memory that is promised. */
const MAX_BODIES = 200

/** Of what is read whole: manifests, mostly of a few kilobytes. */
const MAX_HELD_BYTES = 48 * 1024 * 1024

/** One or two milliseconds of work, and so at least some 500 connections accepted a second. */
const REQUESTS_PER_TURN = 16

/** Half a second of work, and more than there can be connections; it takes pipelining to come here. */
const MAX_WAITING = 4096

/** After a refusal for overload the rest of a body is read and thrown away, up to this many bytes; then it is cut off. */
const MAX_DRAINED_BYTES = 1024 * 1024

const HEALTH_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz'])

/** How often a stopping server looks for connections that have become idle. */
const DRAIN_CHECK_MS = 50

/** The door: accepts connections, gives each request its context, and hands it to whoever serves its path. */
export interface Listener {
  /** Resolves with the URL to reach it by, once connections are accepted. */
  listen(): Promise<{ readonly url: string }>
  /** False from the moment it stops accepting. */
  isAccepting(): boolean
  /** Stops accepting, lets requests finish until the deadline, then closes what is left. */
  close(): Promise<void>
}

/** Who serves which paths; `fallback` serves all others. */
export interface ListenerRoutes {
  readonly distribution: RequestHandler
  readonly token: RequestHandler
  readonly fallback: RequestHandler
}

export async function openListener(deps: {
  readonly settings: Config['http']
  readonly logsAccess: boolean
  readonly routes: ListenerRoutes
  readonly log: Log
  readonly metrics: Metrics
}): Promise<Listener> {
  const { settings, logsAccess, routes, log, metrics } = deps
  // Looking for secrets by the names of fields takes 10 of the 14 µs of a line. These lines have the same few fields, all
  // of them texts and numbers; what somebody puts into a path is hidden in every line.
  const accessLog = logsAccess ? log.child({}, { redact: [] }) : undefined
  const nextId = createRequestIds()
  const readClientOrigin = createReadClientOrigin(settings)
  const bodies = createBodyLimit({ maxBodies: MAX_BODIES, maxHeldBytes: MAX_HELD_BYTES })
  const turns = createTurns({ perTurn: REQUESTS_PER_TURN, maxWaiting: MAX_WAITING })
  let isAccepting = false

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const context: RequestContext = {
      id: nextId(),
      ...readClientOrigin(request),
      startedAt: performance.now(),
      route: 'unknown',
      subject: '',
    }
    // A client that keeps its connection would otherwise hold up the end of a stopping server.
    if (!isAccepting) response.shouldKeepAlive = false
    followRequest(request, response, context, { log: accessLog, metrics })
    const { socket, url = '/' } = request
    connections.requestBegan(socket)
    response.once('close', () => connections.requestEnded(socket))
    const handle = routeOf(url, routes)
    // They tell whether to wait or to restart: waiting with the others they would tell the wrong thing.
    if (HEALTH_PATHS.has(url)) {
      handle(request, response, context)
      return
    }
    const reason = findOverload(request, () => {
      if (!response.destroyed) handle(request, response, context)
    })
    if (reason === undefined) return
    refuseBusy(response, context, { reason, isApi: handle === routes.fallback })
    drainRequest(request, MAX_DRAINED_BYTES)
  }

  /** Begins a request at its turn, or says what there is too much of. */
  function findOverload(request: IncomingMessage, begin: () => void): Overload | undefined {
    if (connections.isExceeded()) return 'connections'
    if (!bodies.admits(request)) return 'bodies'
    return turns.take(begin) ? undefined : 'requests'
  }

  const { server, tls } = await createServer(settings, serve, log)
  // Uploads flow for hours; what is limited instead is the time in which no byte moves.
  server.requestTimeout = 0
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.keepAliveTimeout = settings.keepAliveSeconds * 1000
  server.timeout = settings.idleTimeoutSeconds * 1000
  const connections = limitConnections(server, settings.maxConnections ?? defaultMaxConnections())
  server.on('clientError', (error, socket: Socket) => {
    // What is said now would become a part of the answer under way, or be taken for it.
    if (connections.isAnswering(socket)) socket.destroy()
    else refuseMalformed(error, socket)
  })

  return {
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error) => reject(explainListenError(error, settings)))
        server.listen({ port: settings.port, host: settings.host, backlog: BACKLOG }, resolve)
      })
      isAccepting = true
      const { port } = server.address() as AddressInfo
      const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
      return { url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}` }
    },
    isAccepting: () => isAccepting,
    async close() {
      isAccepting = false
      tls?.close()
      await drain(server, settings.drainSeconds * 1000)
    },
  }
}

function routeOf(url: string, { distribution, token, fallback }: ListenerRoutes): RequestHandler {
  if (url.startsWith('/v2/') || url === '/v2' || url.startsWith('/v2?')) return distribution
  if (url === '/token' || url.startsWith('/token?')) return token
  return fallback
}

async function createServer(
  settings: Config['http'],
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  log: Log,
): Promise<{ server: Server | HttpsServer; tls: OpenTlsMaterial | undefined }> {
  const options = { maxHeaderSize: MAX_HEADER_BYTES }
  if (settings.tls === undefined) return { server: createHttpServer(options, serve), tls: undefined }
  const tls = await openTlsMaterial({
    ...settings.tls,
    onReload(material) {
      server.setSecureContext(material)
      log.info({ event: 'tls.reloaded' }, 'the certificate was renewed')
    },
    onError: ({ message }) => log.error({ event: 'tls.problem', reason: message }, 'the certificate needs attention'),
  })
  const server = createHttpsServer({ ...options, cert: tls.cert, key: tls.key }, serve)
  return { server, tls }
}

/** What cannot even be read as HTTP still gets an answer in the registry's words (ERR-1), and its connection is closed (S55). */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', `the head of the request has more than ${MAX_HEADER_BYTES} bytes`]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the head of the request did not arrive in time']
        : ['400 Bad Request', 'this is not an HTTP/1.1 request']
  const body = JSON.stringify({ errors: [{ code: 'UNSUPPORTED', message }] })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  )
}

async function drain(server: Server | HttpsServer, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const sweep = setInterval(() => server.closeIdleConnections(), DRAIN_CHECK_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs)
  server.closeIdleConnections()
  await closed
  clearInterval(sweep)
  clearTimeout(deadline)
}

function explainListenError(error: NodeJS.ErrnoException, { host, port }: Config['http']): Error {
  const where = `${host}:${port}`
  if (error.code === 'EADDRINUSE') {
    return new Error(`${where} is in use by another program; stop it, or set another port (KONTOR_HTTP__PORT)`, {
      cause: error,
    })
  }
  if (error.code === 'EACCES') {
    return new Error(`this user may not listen on ${where}; set a port above 1023 (KONTOR_HTTP__PORT)`, {
      cause: error,
    })
  }
  return new Error(`cannot listen on ${where}: ${error.message}`, { cause: error })
}
