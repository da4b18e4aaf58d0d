import { CliError } from '../cli-error.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { exchange, type HttpResponse, readText } from '../http/exchange.ts'
import { serverName } from '../servers/server-url.ts'

/** The API of one Kontor server, as one user or nobody. */
export interface ApiClient {
  readonly url: URL
  get<T>(path: string, query?: Query): Promise<T>
  /** The resource with its `ETag`, for a change that must not overwrite somebody else's. */
  getVersioned<T>(path: string): Promise<{ readonly value: T; readonly etag: string | undefined }>
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options?: SendOptions): Promise<T>
  /** All items of a list, page after page, as they are asked for. */
  list<T>(path: string, query?: Query): AsyncGenerator<T>
  /** An answer to be read as it comes: an export, a file. @throws CliError for a refusal. */
  open(path: string, options?: RawOptions): Promise<HttpResponse>
  /** Any request, for `kontor api`; every status is an answer. */
  raw(method: string, path: string, options?: RawOptions): Promise<HttpResponse>
  /** What {@link raw} was answered, read as the API's. @throws CliError for a refusal, and for what is no Kontor's answer. */
  read<T>(response: HttpResponse): Promise<T>
}

export type Query = Readonly<Record<string, string | number | undefined>>

export interface SendOptions {
  readonly query?: Query
  readonly body?: unknown
  readonly etag?: string | undefined
}

export interface RawOptions {
  readonly query?: Query
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: Parameters<typeof exchange>[0]['body']
  readonly silenceMs?: number
}

/** The most that a page may have. */
const PAGE_ITEMS = 100

/**
 * Makes the client of a server's API.
 * @param options.authorization the value of the header; undefined for nobody.
 */
export function createApiClient(options: {
  readonly url: URL
  readonly authorization: string | undefined
  readonly signal?: AbortSignal | undefined
}): ApiClient {
  const { url, authorization, signal } = options

  function raw(
    method: string,
    path: string,
    { query = {}, headers = {}, body, silenceMs }: RawOptions = {},
  ): Promise<HttpResponse> {
    const target = new URL(path.startsWith('/api/') ? path : `/api/v1${path}`, url)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, String(value))
    }
    const own = authorization === undefined ? {} : { Authorization: authorization }
    return exchange({
      method,
      url: target,
      headers: { Accept: 'application/json', ...own, ...headers },
      ...(body === undefined ? {} : { body }),
      signal,
      silenceMs,
    })
  }

  async function json<T>(response: HttpResponse): Promise<T> {
    const text = await readText(response)
    if (response.status >= 300) throw problemError(response, text, url)
    return (text === '' ? undefined : parseJson(text, response, url)) as T
  }

  async function getVersioned<T>(path: string) {
    const response = await raw('GET', path)
    return { value: await json<T>(response), etag: response.headers.etag }
  }

  return {
    url,
    raw,
    read: json,
    getVersioned,
    async open(path, options) {
      const response = await raw('GET', path, options)
      if (response.status >= 300) throw problemError(response, await readText(response), url)
      return response
    },
    get: async (path, query) => json(await raw('GET', path, { ...(query && { query }) })),
    async send(method, path, { query, body, etag } = {}) {
      const headers = {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(etag === undefined ? {} : { 'If-Match': etag }),
      }
      const text = body === undefined ? {} : { body: JSON.stringify(body) }
      return json(await raw(method, path, { ...(query && { query }), headers, ...text }))
    },
    async *list<T>(path: string, query: Query = {}) {
      let after: string | undefined
      do {
        const page: Page<T> = await json(await raw('GET', path, { query: { limit: PAGE_ITEMS, ...query, after } }))
        yield* page.items
        after = page.next
      } while (after !== undefined)
    },
  }
}

interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string
}

interface ProblemDocument {
  readonly title?: unknown
  readonly detail?: unknown
  readonly requestId?: unknown
}

const EXIT_OF_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.notAuthenticated,
  403: EXIT.forbidden,
  404: EXIT.notFound,
  409: EXIT.conflict,
  412: EXIT.conflict,
  422: EXIT.usage,
  429: EXIT.rateLimited,
  502: EXIT.network,
  503: EXIT.network,
  504: EXIT.network,
}

/** The exit code for an answer. */
export function exitCodeOf(status: number): ExitCode {
  return status < 300 ? EXIT.ok : (EXIT_OF_STATUS[status] ?? EXIT.error)
}

/** The error that an answer is. @param text its body. */
export function problemError(response: HttpResponse, text: string, url: URL): CliError {
  const { status, headers } = response
  const problem = parseJson(text, response, url) as ProblemDocument
  const requestId = headers['x-request-id']
  return new CliError(String(problem.detail ?? `${url.host} answered with ${status}`), {
    exitCode: exitCodeOf(status),
    code: typeof problem.title === 'string' ? problem.title : undefined,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    hint: status === 401 ? `try: kontor login ${serverName(url)}` : undefined,
  })
}

/** What is no JSON comes from something that is not Kontor: another registry, or a proxy before it. */
function parseJson(text: string, { status, headers }: HttpResponse, url: URL): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && headers['x-request-id'] !== undefined) return value
  } catch (cause) {
    throw notKontor(url, status, cause)
  }
  throw notKontor(url, status)
}

function notKontor(url: URL, status: number, cause?: unknown): CliError {
  if (EXIT_OF_STATUS[status] === EXIT.network) {
    const message = `a proxy before ${url.host} answers (${status}) that the registry cannot be reached`
    return new CliError(message, { exitCode: EXIT.network, hint: 'try again in a moment', cause })
  }
  return new CliError(`${url.host} answers (${status}), but it is no Kontor`, {
    hint: 'check the address; kontor cp, save, load and image work with any registry',
    cause,
  })
}
