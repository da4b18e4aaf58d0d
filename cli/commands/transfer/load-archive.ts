import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { ApiClient } from '../../api/api-client.ts'
import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { harmless } from '../../output/display-width.ts'
import { size } from '../../output/size.ts'
import { formatImageReference, type ImageReference, parseImageReference } from '../../references/image-reference.ts'
import { openProgress, type ProgressBar, type ProgressMode } from '../../terminal/progress.ts'
import { readArchiveNames } from '../../transfer/archive-names.ts'
import { type Cli, interrupted } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'

interface LoadOptions extends ChangeOptions {
  readonly server?: string
  readonly progress: ProgressMode
}

/** What `POST …/import` answers. */
interface Imported {
  readonly repository: string
  readonly images: readonly { readonly digest: string; readonly sizeBytes: number; readonly tags: readonly string[] }[]
  readonly blobs: { readonly added: number; readonly known: number }
  readonly warnings: readonly string[]
}

/** Where what of an archive is to go. */
interface Destination {
  readonly reference: ImageReference
  /** Only this one of the images in the archive; undefined for all. */
  readonly image: string | undefined
}

/** What a large archive may take after its last byte has come. */
const IMPORT_MS = 600_000

/** The name of the form's one field. */
const FIELD = 'archive'

/** `kontor load <file|-> [repository[:tag]]`. */
export async function loadArchive(
  cli: Cli,
  file: string,
  into: string | undefined,
  options: LoadOptions,
): Promise<void> {
  const { terminal, signal } = cli
  const bytes = file === '-' ? undefined : await sizeOf(file)
  const destinations =
    into === undefined ? await askArchive(file) : [{ reference: destinationOf(into), image: undefined }]
  const host = into === undefined ? undefined : destinations[0]?.reference.host
  const api = await cli.api({ server: host ?? options.server })
  if (options.dryRun) {
    for (const { reference } of destinations) {
      terminal.note(
        `would load ${file === '-' ? 'the standard input' : file} into ${formatImageReference({ ...reference, host: api.url.host })}`,
      )
    }
    return
  }
  for (const { reference, image } of destinations) {
    const name = formatImageReference({ ...reference, host: api.url.host })
    const progress = openProgress(
      terminal,
      options.progress,
      `loading ${file === '-' ? 'the standard input' : file} into ${name}`,
    )
    const bar = progress.add(file === '-' ? 'stdin' : basename(file), bytes)
    try {
      const imported = await send(api, reference, image, { file, bytes, stdin: terminal.stdin, bar })
      progress.finish(summary(imported))
      for (const warning of imported.warnings)
        terminal.note(`${terminal.paint('warning', 'note:', 'stderr')} ${harmless(warning)}`)
      for (const { digest, tags } of imported.images) {
        const place = { host: api.url.host, repository: imported.repository }
        if (tags.length === 0) terminal.print(formatImageReference({ ...place, tag: undefined, digest }))
        for (const tag of tags) terminal.print(formatImageReference({ ...place, tag, digest }))
      }
    } catch (error) {
      progress.abandon()
      if (signal.aborted) throw interrupted('interrupted; nothing of it was added', 'the same command begins again')
      throw error
    }
  }
}

async function send(
  api: ApiClient,
  reference: ImageReference,
  image: string | undefined,
  archive: {
    readonly file: string
    readonly bytes: number | undefined
    readonly stdin: Readable
    readonly bar: ProgressBar
  },
): Promise<Imported> {
  const { file, bytes, stdin, bar } = archive
  const boundary = `kontor-${randomBytes(18).toString('hex')}`
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${FIELD}"; filename="archive.tar"\r\nContent-Type: application/x-tar\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const source = file === '-' ? stdin : createReadStream(file, { highWaterMark: 256 * 1024 })
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

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const exitCode = cause.code === 'ENOENT' ? EXIT.notFound : EXIT.error
    throw new CliError(`${file} cannot be read (${cause.message})`, { exitCode, cause })
  })
  if (found.isFile()) return found.size
  throw new CliError(`${file} is no file`, {
    exitCode: EXIT.usage,
    hint: 'make an archive with: kontor save, or docker save',
  })
}

function destinationOf(text: string): ImageReference {
  const reference = parseImageReference(text)
  if (reference.digest === undefined) return reference
  throw new CliError(`${text} names a digest; an archive has its own`, {
    exitCode: EXIT.usage,
    hint: 'write it as acme/web or acme/web:1.2',
  })
}

/** Where the archive itself says that its images belong; the registry that they came from is not where they go. */
async function askArchive(file: string): Promise<readonly Destination[]> {
  if (file === '-') {
    throw new CliError('where to is not said', {
      exitCode: EXIT.usage,
      hint: 'name the repository: kontor load - acme/web',
    })
  }
  const names = await readArchiveNames(file)
  const named = names.map((name) => ({ name, reference: parseImageReference(name) }))
  const repositories = new Set(named.map(({ reference }) => reference.repository))
  const [first] = named
  if (first === undefined) {
    throw new CliError(`${file} does not say what its images are called`, {
      exitCode: EXIT.usage,
      hint: `name the repository: kontor load ${file} acme/web`,
    })
  }
  const place = { host: undefined, tag: undefined, digest: undefined }
  if (repositories.size === 1)
    return [{ reference: { ...place, repository: first.reference.repository }, image: undefined }]
  return named.map(({ name, reference }) => ({
    reference: { ...place, repository: reference.repository },
    image: name,
  }))
}

function summary({ images, blobs }: Imported): string {
  const bytes = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const count = `${images.length} image${images.length === 1 ? '' : 's'}`
  return `loaded ${count} (${size(bytes)}; ${blobs.added} blobs new, ${blobs.known} there already)`
}
