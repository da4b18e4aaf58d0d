import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { type ApiClient, exitCodeOf, problemError, type RawOptions } from '../../api/api-client.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { type HttpResponse, readText } from '../../http/exchange.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { printBody, printHead } from './print-answer.ts'
import { parseFields, parseHeaders } from './request-parts.ts'

export interface ApiOptions extends ChangeOptions {
  readonly server?: string
  readonly field?: readonly string[]
  readonly jsonField?: readonly string[]
  readonly input?: string
  readonly header?: readonly string[]
  readonly paginate?: boolean
  readonly include?: boolean
}

/** A request, ready to be sent. */
interface Call extends RawOptions {
  readonly method: string
  readonly path: string
}

/** `kontor api [METHOD] <path>`. */
export async function callApi(
  cli: Cli,
  named: { readonly method?: string; readonly path: string },
  options: ApiOptions,
): Promise<void> {
  const { terminal } = cli
  const call = await readCall(cli, named, options)
  const api = await cli.api(options)
  if (options.dryRun && call.method !== 'GET' && call.method !== 'HEAD') {
    const body = typeof call.body === 'string' ? ` ${call.body}` : ''
    terminal.note(`would send ${call.method} ${call.path} to ${api.url.host}${body}`)
    return
  }
  if (options.paginate) return printPages(cli, api, call, options)
  const response = await send(api, call)
  if (options.include) printHead(terminal, response)
  await printAnswer(cli, api, response)
}

async function readCall(
  { terminal }: Cli,
  { method, path }: { method?: string; path: string },
  options: ApiOptions,
): Promise<Call> {
  const fields = parseFields(options.field, options.jsonField)
  const hasFields = Object.keys(fields).length > 0
  const verb = (method ?? (hasFields || options.input !== undefined ? 'POST' : 'GET')).toUpperCase()
  const headers = parseHeaders(options.header)
  const call = { method: verb, path: path.startsWith('/') ? path : `/${path}`, headers }
  if (!/^[A-Z]+$/.test(verb)) throw usage(`${verb} is no method`, 'write it as: kontor api GET /user')
  if (options.paginate && verb !== 'GET') throw usage('--paginate goes with GET only')
  if (options.input !== undefined) {
    if (hasFields) throw usage('--input and fields cannot both be given')
    const json = { 'Content-Type': 'application/json' }
    if (options.input === '-') return { ...call, headers: { ...json, ...headers }, body: terminal.stdin as Readable }
    const length = { 'Content-Length': await sizeOf(options.input) }
    return { ...call, headers: { ...json, ...length, ...headers }, body: createReadStream(options.input) }
  }
  if (!hasFields) return call
  if (verb === 'GET' || verb === 'HEAD') return { ...call, query: toQuery(fields) }
  return { ...call, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(fields) }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    throw new CliError(`${path} cannot be read (${(cause as Error).message})`, { exitCode: EXIT.usage, cause })
  }
}

function send(api: ApiClient, { method, path, ...options }: Call): Promise<HttpResponse> {
  return api.raw(method, path, options)
}

/** What is refused is printed, too, and said in one line where a person reads. */
async function printAnswer({ terminal, signal }: Cli, api: ApiClient, response: HttpResponse): Promise<void> {
  if (exitCodeOf(response.status) === EXIT.ok) {
    await printBody(terminal, response, signal)
    return
  }
  const text = await readText(response)
  await printBody(terminal, { ...response, text }, signal)
  throw problemError(response, text, api.url)
}

/** Each page as it is, one after the other: jq takes them so. */
async function printPages(cli: Cli, api: ApiClient, call: Call, options: ApiOptions): Promise<void> {
  let after: string | undefined
  do {
    const response = await send(api, { ...call, query: { ...call.query, after } })
    if (options.include) printHead(cli.terminal, response)
    if (exitCodeOf(response.status) !== EXIT.ok) return printAnswer(cli, api, response)
    const text = await readText(response)
    await printBody(cli.terminal, { ...response, text: text.endsWith('\n') ? text : `${text}\n` }, cli.signal)
    after = nextOf(text)
  } while (after !== undefined)
}

function nextOf(text: string): string | undefined {
  try {
    const { next } = JSON.parse(text) as { next?: unknown }
    return typeof next === 'string' ? next : undefined
  } catch {
    return undefined
  }
}

function toQuery(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, text(value)]))
}

function usage(message: string, hint?: string): CliError {
  return new CliError(message, { exitCode: EXIT.usage, hint })
}
