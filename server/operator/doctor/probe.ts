import { type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** How the certificate of a server is taken. */
export interface Trust {
  /** PEM; undefined for those that Node brings. */
  readonly ca?: readonly string[] | undefined
  /** False to talk to whoever it is: for looking, never with credentials. */
  readonly isRequired: boolean
}

/** What a server said. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The beginning of the body. */
  readonly text: string
  /** Milliseconds since the epoch, in the middle between asking and being answered. */
  readonly at: number
}

const TIMEOUT_MS = 10_000
/** More than anything that is looked at has. */
const MAX_TEXT_BYTES = 64 * 1024

/** Asks once. @throws Error of Node's when there is no answer. */
export function probe(
  url: URL,
  options: {
    readonly trust: Trust
    readonly signal: AbortSignal
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Buffer
  },
): Promise<Answer> {
  const { trust, signal, method = 'GET', headers = {}, body } = options
  const startedAt = Date.now()
  const length = body === undefined ? {} : { 'Content-Length': String(body.length) }
  return new Promise((resolve, reject) => {
    const settings = { method, headers: { ...length, ...headers }, signal, agent: false } as const
    const sent =
      url.protocol === 'https:'
        ? requestHttps(url, {
            ...settings,
            rejectUnauthorized: trust.isRequired,
            ...(trust.ca && { ca: [...trust.ca] }),
          })
        : requestHttp(url, settings)
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error(`no answer for ${TIMEOUT_MS / 1000} s`)))
    sent.on('error', reject)
    sent.on('response', (response) => {
      const at = (startedAt + Date.now()) / 2
      const chunks: Buffer[] = []
      let bytes = 0
      const finish = () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, at })
      }
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= MAX_TEXT_BYTES) chunks.push(chunk)
        else response.destroy()
      })
      response.on('close', finish)
    })
    sent.end(body)
  })
}

/** What a header says, if it is there once. */
export function headerOf({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The body as an object; undefined when it is none. */
export function objectOf({ text }: Pick<Answer, 'text'>): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
