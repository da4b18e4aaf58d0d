import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ApiClient, Query } from '../../api/api-client.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { size } from '../../output/size.ts'
import { confirm } from '../../terminal/ask.ts'
import { type Cli, interrupted } from '../run.ts'
import type { AuditOptions } from './audit-event.ts'

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  jsonl: 'application/jsonl',
  ndjson: 'application/jsonl',
}

/** Writes all events that match into a file, as the server exports them: the whole file, or none. */
export async function exportAudit(
  cli: Cli,
  trail: { readonly api: ApiClient; readonly path: string; readonly query: Query; readonly file: string },
  options: AuditOptions,
): Promise<void> {
  const { terminal, signal } = cli
  const { api, path, query, file } = trail
  for (const flag of ['filter', 'sort', 'limit', 'quiet'] as const) {
    if (options[flag] === undefined) continue
    throw new CliError(`--${flag} is for what is shown; --export writes all that matches`, {
      exitCode: EXIT.usage,
      hint: 'narrow it with --action, --outcome, --actor, --object, --since and --until',
    })
  }
  const format = options.format ?? extname(file).slice(1).toLowerCase()
  const mediaType = Object.hasOwn(MEDIA_TYPES, format) ? MEDIA_TYPES[format] : undefined
  if (mediaType === undefined) {
    throw new CliError(`${JSON.stringify(file)} does not say in which form`, {
      exitCode: EXIT.usage,
      hint: 'call it .csv or .jsonl, or add --format csv or jsonl',
    })
  }
  if (await isThere(file)) await confirm(terminal, `${file} is there; replace it`, options)
  const response = await api.open(path, { query, headers: { Accept: mediaType } })
  const part = `${file}.part-${process.pid}`
  let bytes = 0
  try {
    response.body.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    // Events say who came from where: for nobody else on this machine, unless the file is opened up.
    await pipeline(response.body, createWriteStream(part, { flags: 'wx', mode: 0o600 }), { signal })
    await rename(part, file)
  } catch (cause) {
    await rm(part, { force: true })
    throw explain(cause, file, signal)
  }
  terminal.print(file)
  terminal.note(`${size(bytes)} were written`)
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch {
    return false
  }
}

function explain(cause: unknown, file: string, signal: AbortSignal): CliError {
  if (signal.aborted) return interrupted(`interrupted; ${file} was not written`)
  const { syscall, message = String(cause) } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {}
  const isOfFile = syscall !== undefined && /^(open|write|rename|close)$/.test(syscall)
  if (isOfFile) return new CliError(`${file} cannot be written (${message})`, { cause })
  return new CliError(`the connection was lost; ${file} was not written`, {
    exitCode: EXIT.network,
    hint: 'try again',
    cause,
  })
}
