import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { probeServer } from '../../http/probe-server.ts'
import type { ImageReference } from '../../references/image-reference.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { Destination } from '../../transfer/archive-destinations.ts'
import type { Loaded } from '../../transfer/load-images.ts'
import type { Cli } from '../run.ts'

/** What `POST …/import` answers. */
export interface Imported extends Loaded {
  readonly repository: string
}

/** What a large archive may take after its last byte has come. */
const IMPORT_MS = 600_000

/** The name of the form's one field. */
const FIELD = 'archive'

/**
 * Sends a whole archive to a Kontor, which reads it there: for what is compressed or comes through a pipe.
 * @param archive.bytes of the file; undefined for the standard input.
 * @param archive.reason why it is not loaded layer by layer.
 * @throws CliError
 */
export async function importArchive(
  cli: Cli,
  archive: { readonly file: string; readonly bytes: number | undefined; readonly reason: string },
  destination: Destination,
  options: { readonly server: string | undefined; readonly progress: Progress },
): Promise<Imported> {
  const { file, bytes } = archive
  const { reference, image } = destination
  const { host } = reference
  const api = await cli.api(host === undefined ? { server: options.server } : { host })
  if ((await probeServer(api.url, cli.signal)).kind !== 'kontor') throw needsKontor(archive, api.url)

  const bar = options.progress.add(file === '-' ? 'stdin' : basename(file), bytes)
  const boundary = `kontor-${randomBytes(18).toString('hex')}`
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${FIELD}"; filename="archive.tar"\r\nContent-Type: application/x-tar\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const source = file === '-' ? cli.terminal.stdin : createReadStream(file, { highWaterMark: 256 * 1024 })
  async function* form(): AsyncGenerator<Buffer> {
    yield head
    let sent = 0
    for await (const chunk of source as AsyncIterable<Buffer>) {
      yield chunk
      sent += chunk.length
      bar.moveTo(sent)
    }
    yield tail
  }
  const body = Readable.from(form(), { objectMode: false })
  try {
    const response = await api.raw('POST', `${repositoryPath(reference)}/import`, {
      query: { tag: reference.tag, image },
      headers: {
        'Content-Type': `multipart/form-data; boundary=${boundary}`,
        ...(bytes !== undefined && { 'Content-Length': head.length + bytes + tail.length }),
      },
      body,
      silenceMs: IMPORT_MS,
    })
    return await api.read<Imported>(response)
  } finally {
    body.destroy()
    source.destroy()
    bar.end()
  }
}

function needsKontor({ file, reason }: { readonly file: string; readonly reason: string }, { host }: URL): CliError {
  const what = file === '-' ? 'the standard input' : file
  return new CliError(`${what} cannot be loaded into ${host}, which is no Kontor: ${reason}`, {
    exitCode: EXIT.usage,
    hint: 'any registry is sent the images of a plain archive that is a file',
  })
}

/** What a Kontor calls a repository: a name alone is an official image's. @param url of a registry. */
export async function officialName({ repository }: ImageReference, url: URL, signal: AbortSignal): Promise<string> {
  if (repository.includes('/') || (await probeServer(url, signal)).kind !== 'kontor') return repository
  return `library/${repository}`
}
