import { createHash } from 'node:crypto'
import { constants, type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import { archiveEnd, type PlacedFile, paddingBytes, placeFiles } from '../../oci/tar-layout.ts'
import { CliError } from '../cli-error.ts'
import { shortDigest } from '../output/short-digest.ts'
import { createDigestCheck, DIGEST_INVALID } from '../registry/digest-check.ts'
import type { Progress } from '../terminal/progress.ts'
import type { LayoutFile } from './image-layout.ts'
import { inParallel } from './in-parallel.ts'

const AT_ONCE = 4
const READ_BYTES = 1024 * 1024
/** What is written between two notes of it may have to be fetched again. */
const NOTE_EVERY_BYTES = 8 * 1024 * 1024

/** How far an archive got, beside it in `<file>.part.json`. */
interface State {
  /** Which archive it is: its files, their sizes and their order. */
  readonly plan: string
  /** Bytes from the beginning of each file that are in the archive; the digest says at the end whether they are right. */
  readonly written: Record<string, number>
}

interface BlobFile {
  readonly file: LayoutFile & { readonly source: Extract<LayoutFile['source'], { kind: 'blob' }> }
  readonly place: PlacedFile
}

/** What a call of {@link saveFile} did. */
export interface Saved {
  readonly sizeBytes: number
  /** Bytes that were there already, from a call that was interrupted. */
  readonly keptBytes: number
}

/**
 * Writes an archive: every file's place in it is known, so several are fetched at once, and what was interrupted goes on.
 * Until it is whole it is called `<path>.part`.
 * @throws CliError; called again it goes on where it was.
 */
export async function saveFile(path: string, files: readonly LayoutFile[], progress: Progress): Promise<Saved> {
  const part = `${path}.part`
  const plan = placeFiles(files)
  try {
    const state = await openState(`${part}.json`, files)
    try {
      const keptBytes = await fill(part, files, plan, state, progress)
      await rename(part, path)
      await rm(`${part}.json`, { force: true })
      return { sizeBytes: plan.sizeBytes, keptBytes }
    } finally {
      await state.close()
    }
  } catch (error) {
    throw explain(error, path)
  }
}

type Plan = ReturnType<typeof placeFiles>

/** Makes the archive whole. @returns how many bytes were there already. */
async function fill(
  part: string,
  files: readonly LayoutFile[],
  plan: Plan,
  state: OpenState,
  progress: Progress,
): Promise<number> {
  const archive = await open(part, constants.O_RDWR | constants.O_CREAT, 0o666)
  try {
    const { size } = await archive.stat()
    // What is noted of a file that is gone is not there any more; what another archive left is cut off.
    if (size === 0) state.forget()
    if (size > plan.sizeBytes) await archive.truncate(plan.sizeBytes)
    const keptBytes = Object.values(state.written).reduce((sum, bytes) => sum + bytes, 0)
    await state.note()
    await writeKnown(archive, files, plan)
    await inParallel(blobsIn(files, plan.files), AT_ONCE, (blob) => fetchBlob(archive, blob, state, progress))
    await archive.sync()
    return keptBytes
  } catch (error) {
    await state.note().catch(() => {})
    throw error
  } finally {
    await archive.close()
  }
}

/** Headers, manifests, and the end. */
async function writeKnown(
  archive: FileHandle,
  files: readonly LayoutFile[],
  { files: places, sizeBytes }: Plan,
): Promise<void> {
  for (const [index, { source }] of files.entries()) {
    const place = places[index]
    if (place === undefined) continue
    await writeAt(archive, place.header, place.start - place.header.length)
    if (source.kind === 'bytes') await writeAt(archive, source.bytes, place.start)
    await writeAt(archive, Buffer.alloc(paddingBytes(place.sizeBytes)), place.start + place.sizeBytes)
  }
  const end = archiveEnd()
  await writeAt(archive, end, sizeBytes - end.length)
}

async function fetchBlob(
  archive: FileHandle,
  { file, place }: BlobFile,
  state: OpenState,
  progress: Progress,
): Promise<void> {
  const { digest, size } = file.source.blob
  const bar = progress.add(shortDigest(digest), size)
  const kept = Math.min(state.written[digest] ?? 0, size)
  try {
    await fetchFrom(kept)
  } catch (error) {
    if (!(error instanceof CliError && error.code === DIGEST_INVALID)) throw error
    state.written[digest] = 0
    // What was in the file before may be what is wrong; what has just come is what the registry has.
    if (kept === 0) throw error
    await fetchFrom(0)
  } finally {
    bar.end()
  }

  async function fetchFrom(start: number): Promise<void> {
    const { blob, download } = file.source
    const check = createDigestCheck(blob)
    // What is there is looked at again: it counts for the digest, and a machine may have lost it meanwhile.
    for (let at = 0; at < start; ) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, start - at))
      const { bytesRead } = await archive.read(buffer, 0, buffer.length, place.start + at)
      if (bytesRead === 0) break
      check.see(at, buffer.subarray(0, bytesRead))
      at += bytesRead
      bar.moveTo(at)
    }
    let position = check.position
    let noted = position
    for await (const chunk of download({ from: position, check })) {
      await writeAt(archive, chunk, place.start + position)
      position += chunk.length
      state.written[digest] = position
      bar.moveTo(position)
      if (position - noted > NOTE_EVERY_BYTES) {
        noted = position
        await state.note()
      }
    }
    state.written[digest] = size
  }
}

async function writeAt(archive: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await archive.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

function blobsIn(files: readonly LayoutFile[], places: readonly PlacedFile[]): readonly BlobFile[] {
  return files.flatMap((file, index) => {
    const place = places[index]
    return file.source.kind === 'blob' && place !== undefined ? [{ file: file as BlobFile['file'], place }] : []
  })
}

interface OpenState extends State {
  /** Writes it down. */
  note(): Promise<void>
  forget(): void
  close(): Promise<void>
}

/**
 * What an earlier call left, if it was of the same archive. Its file gets all the room at once that it may ever need: when
 * the disk is full, there must be room to write down how far it got. It is written over in place; what is torn by that is
 * not read, and what is wrong in it the digests find out.
 */
async function openState(path: string, files: readonly LayoutFile[]): Promise<OpenState> {
  const plan = planDigest(files)
  const earlier = await readFile(path, 'utf8').then(parseState, () => undefined)
  const written: Record<string, number> = earlier?.plan === plan ? earlier.written : {}
  const most = files.flatMap(({ source }) => (source.kind === 'blob' ? [[source.blob.digest, source.blob.size]] : []))
  const room = JSON.stringify({ plan, written: Object.fromEntries(most) }).length
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  let noting = Promise.resolve()
  return {
    plan,
    written,
    forget() {
      for (const digest of Object.keys(written)) delete written[digest]
    },
    note() {
      noting = noting
        .catch(() => {})
        .then(() => writeAt(file, Buffer.from(JSON.stringify({ plan, written }).padEnd(room)), 0))
      return noting
    },
    async close() {
      await noting.catch(() => {})
      await file.close()
    },
  }
}

function parseState(text: string): State | undefined {
  try {
    const { plan, written } = JSON.parse(text) as Partial<State>
    const isState = typeof plan === 'string' && typeof written === 'object' && written !== null
    return isState && Object.values(written).every(Number.isSafeInteger) ? { plan, written } : undefined
  } catch {
    return undefined
  }
}

function planDigest(files: readonly LayoutFile[]): string {
  const hash = createHash('sha256')
  for (const { path, sizeBytes } of files) hash.update(`${path}\n${sizeBytes}\n`)
  return hash.digest('hex')
}

function explain(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof CliError || typeof code !== 'string') return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CliError(`there is no room on the disk for the rest of ${path}`, { code, cause: error })
  }
  return new CliError(`${path} cannot be written (${(error as Error).message})`, { code, cause: error })
}
