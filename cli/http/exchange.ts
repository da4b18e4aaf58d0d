import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

/** A server that says nothing for this long is taken for dead. */
const SILENCE_MS = 60_000

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers?: Readonly<Record<string, string | number>>
  /** A text goes with its length; a stream with `Content-Length` from the headers, or in chunks. */
  readonly body?: string | Uint8Array | Readable
  readonly signal?: AbortSignal | undefined
  /** How long the server may say nothing, in milliseconds, where it has much to do: a minute unless told. */
  readonly silenceMs?: number | undefined
}

/** An answer whose body has not been read yet. Whoever asked must read or destroy it. */
export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
}

/**
 * Sends one request. On node's own HTTP: `fetch` takes 30 ms to load, which a completion does not have.
 * @throws CliError `network` when there is no answer, with what may be the matter.
 */
export async function exchange(request: HttpRequest): Promise<HttpResponse> {
  const { method, url, headers = {}, body, signal, silenceMs = SILENCE_MS } = request
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const length =
    typeof body === 'string' || body instanceof Uint8Array ? { 'Content-Length': Buffer.byteLength(body) } : {}
  try {
    return await new Promise<HttpResponse>((resolve, reject) => {
      const sent = send(url, { method, headers: { ...length, ...headers }, ...(signal && { signal }) })
      sent.setTimeout(silenceMs, () => sent.destroy(new Error(`no answer for ${silenceMs / 1000} s`)))
      sent.on('error', reject)
      sent.on('response', (answer) =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer }),
      )
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) sent.end(body)
      // An answer may come before the body has gone; what happens to the rest of it is then nobody's business.
      else pipeline(body, sent).catch(reject)
    })
  } catch (error) {
    throw explainFailure(signal?.aborted ? signal.reason : error, url)
  }
}

/** Reads a body that is known to be small. @throws CliError when the connection is lost, or there is more. */
export async function readText({ body }: HttpResponse, maxBytes = 16 * 1024 * 1024): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) throw new CliError(`the answer has more than ${maxBytes} bytes`, { exitCode: EXIT.network })
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError('the connection was lost while reading the answer', { exitCode: EXIT.network, cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}

const TLS_CODES = /^(ERR_TLS|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_SSL)/

function explainFailure(cause: unknown, { host, protocol }: URL): CliError {
  const { code = '', message = String(cause) } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {}
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return new CliError(`${host} does not answer`, { exitCode: EXIT.network, cause })
  }
  if (cause instanceof DOMException && cause.name === 'AbortError')
    return new CliError('interrupted', { exitCode: EXIT.interrupted, cause })
  const [said, hint] = failureWords(code, message, host, protocol)
  return new CliError(said, { exitCode: EXIT.network, code: code || undefined, hint, cause })
}

function failureWords(code: string, message: string, host: string, protocol: string): readonly [string, string?] {
  if (code === 'ECONNREFUSED') return [`nothing listens at ${host}`, 'is the registry running? try: kontor doctor']
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return [`the name ${host} is not known`, 'check its spelling, or the DNS']
  if (TLS_CODES.test(code)) {
    return [
      `the certificate of ${host} is not trusted (${message})`,
      "name its CA's file with NODE_EXTRA_CA_CERTS, or try: kontor doctor",
    ]
  }
  if (code === 'EPROTO' && protocol === 'https:') return [`${host} does not speak TLS`, `try: http://${host}`]
  return [`${host} cannot be reached (${message})`]
}
