import { stat } from 'node:fs/promises'
import { ArchiveRefusal } from '../../../oci/archive-refusal.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { size } from '../../output/size.ts'
import { formatImageReference, type ImageReference, parseImageReference } from '../../references/image-reference.ts'
import { openRepositories } from '../../registry/open-repository.ts'
import { imageHostOf } from '../../servers/docker-hub.ts'
import { openProgress, type Progress, type ProgressMode } from '../../terminal/progress.ts'
import { type Destination, destinationsIn } from '../../transfer/archive-destinations.ts'
import { type OpenImageArchive, openImageArchive } from '../../transfer/image-archive.ts'
import { type Cli, interrupted } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { type Imported, importArchive, officialName } from './import-archive.ts'
import { loadLayers } from './load-layers.ts'
import { noteWarnings } from './note-warnings.ts'
import { resumable } from './resumable.ts'

interface LoadOptions extends ChangeOptions {
  readonly server?: string
  readonly progress: ProgressMode
}

/** What is to be loaded. */
interface Archive {
  readonly file: string
  /** Undefined for the standard input. */
  readonly bytes: number | undefined
  /** Its images; or why it cannot be looked into here, but perhaps by a Kontor. */
  readonly content: OpenImageArchive | { readonly reason: string }
}

/** `kontor load <file|-> [repository[:tag]]`. */
export async function loadArchive(
  cli: Cli,
  file: string,
  into: string | undefined,
  options: LoadOptions,
): Promise<void> {
  const archive = await openArchive(file)
  try {
    const destinations =
      into === undefined ? askArchive(archive) : [{ reference: destinationOf(into), image: undefined }]
    const again = ['kontor', 'load', ...flagsOf(options), file, ...(into === undefined ? [] : [into])]
    for (const destination of destinations) await loadInto(cli, archive, destination, { ...options, again })
  } finally {
    if ('close' in archive.content) await archive.content.close()
  }
}

async function loadInto(
  cli: Cli,
  archive: Archive,
  destination: Destination,
  options: LoadOptions & { readonly again: readonly string[] },
): Promise<void> {
  const { terminal, env, signal } = cli
  const { reference } = destination
  const [to] = await openRepositories(env, [reference], { server: options.server, signal })
  if (to === undefined) throw new Error('each reference leads to a repository')
  const host = imageHostOf(to.url.host)
  const what = archive.file === '-' ? 'the standard input' : archive.file
  const name = formatImageReference({ ...reference, host })
  if (options.dryRun) {
    terminal.note(`would load ${what} into ${name}`)
    return
  }
  const progress = openProgress(terminal, options.progress, `loading ${what} into ${name}`)
  const { content } = archive
  const loaded =
    'close' in content
      ? await resumable(cli, progress, options.again, async () => {
          const images = await loadLayers(cli, content, destination, { to, progress })
          return { ...images, repository: await officialName(reference, to.url, signal) }
        })
      : await importWhole(cli, { ...archive, ...content }, destination, { server: options.server, progress })
  progress.finish(summary(loaded))
  noteWarnings(terminal, loaded.warnings)
  for (const { digest, tags } of loaded.images) {
    const place = { host, repository: loaded.repository }
    if (tags.length === 0) terminal.print(formatImageReference({ ...place, tag: undefined, digest }))
    for (const tag of tags) terminal.print(formatImageReference({ ...place, tag, digest }))
  }
}

/** Sends an archive as it is. Interrupted, it adds nothing. */
async function importWhole(
  cli: Cli,
  archive: { readonly file: string; readonly bytes: number | undefined; readonly reason: string },
  destination: Destination,
  options: { readonly server: string | undefined; readonly progress: Progress },
): Promise<Imported> {
  try {
    return await importArchive(cli, archive, destination, options)
  } catch (error) {
    options.progress.abandon()
    if (cli.signal.aborted) throw interrupted('interrupted; nothing of it was added', 'the same command begins again')
    throw error
  }
}

async function openArchive(file: string): Promise<Archive> {
  if (file === '-') return { file, bytes: undefined, content: { reason: 'it can be read only once' } }
  const found = await stat(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  if (!found.isFile()) {
    throw new CliError(`${file} is no file`, {
      exitCode: EXIT.usage,
      hint: 'make an archive with: kontor save, or docker save',
    })
  }
  try {
    return { file, bytes: found.size, content: await openImageArchive(file) }
  } catch (error) {
    if (!(error instanceof ArchiveRefusal)) throw unreadable(file, error)
    return { file, bytes: found.size, content: { reason: error.message } }
  }
}

function unreadable(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || error instanceof CliError) return error
  const exitCode = code === 'ENOENT' ? EXIT.notFound : EXIT.error
  return new CliError(`${file} cannot be read (${message})`, { exitCode, cause: error })
}

function destinationOf(text: string): ImageReference {
  const reference = parseImageReference(text)
  if (reference.digest === undefined) return reference
  throw new CliError(`${text} names a digest; an archive has its own`, {
    exitCode: EXIT.usage,
    hint: 'write it as acme/web or acme/web:1.2',
  })
}

/** Where the archive itself says that its images belong. @throws CliError usage */
function askArchive({ file, content }: Archive): readonly Destination[] {
  if ('images' in content) return destinationsIn(file, content.images)
  if (file === '-') {
    throw new CliError('where to is not said', {
      exitCode: EXIT.usage,
      hint: 'name the repository: kontor load - acme/web',
    })
  }
  throw new CliError(`${file} cannot be looked into: ${content.reason}`, {
    exitCode: EXIT.usage,
    hint: `name the repository: kontor load ${file} acme/web`,
  })
}

function flagsOf({ server }: LoadOptions): readonly string[] {
  return server === undefined ? [] : ['-s', server]
}

function summary({ images, blobs }: Imported): string {
  const bytes = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const count = `${images.length} image${images.length === 1 ? '' : 's'}`
  return `loaded ${count} (${size(bytes)}; ${blobs.added} blobs new, ${blobs.known} there already)`
}
