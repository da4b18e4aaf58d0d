import { STATUS_CODES } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { type HttpResponse, readText } from '../../http/exchange.ts'
import { harmless, harmlessLines } from '../../output/display-width.ts'
import type { Terminal } from '../../terminal/terminal.ts'

/** Prints status and headers, and an empty line. */
export function printHead(terminal: Terminal, { status, headers }: HttpResponse): void {
  terminal.print(`HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd())
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) terminal.print(`${name}: ${harmless(one)}`)
  }
  terminal.print('')
}

/**
 * Prints a body byte by byte; on a terminal without what would steer it.
 * @param response.text the body, where it has been read.
 * @throws CliError for bytes that are no text, on a terminal; and when the connection is lost.
 */
export async function printBody(
  terminal: Terminal,
  response: HttpResponse & { readonly text?: string },
  signal: AbortSignal,
): Promise<void> {
  if (!terminal.isOutputShown) {
    if (response.text === undefined) await copy(response, terminal, signal)
    else terminal.stdout.write(response.text)
    return
  }
  if (response.text === undefined && !isText(response)) {
    response.body.destroy()
    throw new CliError('the answer is no text', { exitCode: EXIT.usage, hint: 'add: > file' })
  }
  const text = response.text ?? (await readText(response))
  if (text !== '') terminal.print(harmlessLines(text.replace(/\n$/, '')))
}

async function copy({ body }: HttpResponse, { stdout }: Terminal, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(body, stdout, { end: false })
  } catch (cause) {
    if (signal.aborted) throw new CliError('interrupted', { exitCode: EXIT.interrupted, cause })
    throw new CliError('the connection was lost while reading the answer', { exitCode: EXIT.network, cause })
  }
}

function isText({ headers }: HttpResponse): boolean {
  const { 'content-type': type = '', 'content-length': length } = headers
  return length === '0' || type === '' || /^(text\/|application\/([\w.-]+\+)?(json|jsonl|xml|yaml))/.test(type)
}
