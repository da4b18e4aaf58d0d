import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** Bytes of a body that are handed to the socket at once: small, so that a kill finds bodies half-sent. */
const PIECE_BYTES = 32 * 1024

export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** `chunked` does not announce the length of the body. Default: `length`. */
  readonly framing?: 'length' | 'chunked'
}

export interface WireAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** The connection broke before the answer was complete: what was asked for may have been done or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
  readonly request: WireRequest
  /** False when nobody was listening any more: then nothing was interrupted. */
  readonly wasUnderWay: boolean

  constructor(request: WireRequest, cause: Error) {
    super(`${request.method} ${request.path} got no answer (${cause.message})`, { cause })
    this.request = request
    this.wasUnderWay = !('code' in cause && cause.code === 'ECONNREFUSED')
  }
}

/** A client of one server: keeps connections, sends one `Authorization`, retries nothing. */
export interface PushClient {
  /** @throws ConnectionLost */
  send(request: WireRequest): Promise<WireAnswer>
  /** As `send`. @throws Error with the server's words when the status is another one. */
  expect(status: number, request: WireRequest): Promise<WireAnswer>
  close(): void
}

export function createPushClient(server: { readonly url: string; readonly authorization: string }): PushClient {
  const agent = new Agent({ keepAlive: true })

  function send(request: WireRequest): Promise<WireAnswer> {
    const { method, path, body, framing = 'length' } = request
    const headers: Record<string, string> = { ...request.headers, Authorization: server.authorization }
    if (framing === 'chunked') headers['Transfer-Encoding'] = 'chunked'
    else if (method !== 'GET' && method !== 'HEAD') headers['Content-Length'] = String(body?.byteLength ?? 0)
    return new Promise((resolve, reject) => {
      const lose = (error: Error) => reject(new ConnectionLost(request, error))
      const outgoing = httpRequest(new URL(path, server.url), { agent, method, headers }, (incoming) => {
        readAnswer(incoming).then(resolve, lose)
      })
      outgoing.on('error', lose)
      Readable.from(piecesOf(body)).pipe(outgoing)
    })
  }

  return {
    send,
    async expect(status, request) {
      const answer = await send(request)
      if (answer.status === status) return answer
      throw new Error(
        `${request.method} ${request.path} → ${answer.status} ${answer.body.subarray(0, 500)}; ${status} was expected`,
      )
    },
    close: () => agent.destroy(),
  }
}

/** The value of a Basic `Authorization` header. */
export function basicAuthorization({ username, password }: { readonly username: string; readonly password: string }) {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** A Bearer `Authorization` for everything in some repositories. */
export async function fetchBearerAuthorization(
  server: { readonly url: string; readonly username: string; readonly password: string },
  repositories: readonly string[],
): Promise<string> {
  const client = createPushClient({ url: server.url, authorization: basicAuthorization(server) })
  const query = new URLSearchParams({ service: new URL(server.url).host })
  for (const repository of repositories) query.append('scope', `repository:${repository}:pull,push,delete`)
  const { body } = await client.expect(200, { method: 'GET', path: `/token?${query}` })
  client.close()
  const answer: { readonly token?: unknown } = JSON.parse(body.toString())
  return `Bearer ${answer.token}`
}

async function readAnswer(incoming: IncomingMessage): Promise<WireAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }
}

function* piecesOf(body: Uint8Array | undefined): Iterable<Uint8Array> {
  for (let offset = 0; body !== undefined && offset < body.byteLength; offset += PIECE_BYTES) {
    yield body.subarray(offset, offset + PIECE_BYTES)
  }
}
