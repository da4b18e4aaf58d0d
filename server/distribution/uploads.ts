import { parseContentRange } from '../../oci/content-range.ts'
import { type Digest, isDigest, parseDigest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import { type RepositoryName, readRepositoryName } from '../../oci/repository-name.ts'
import type { Registry } from '../registry/registry.ts'
import { type UploadBody, UploadOutOfOrder, type UploadProgress, type UploadTarget } from '../registry/upload-blob.ts'
import { callerOf, type Exchange, type ExchangeOn, nameOf, placeOf, respond } from './exchange.ts'
import { announcedLength, bodyStream, requirePlainBody } from './request-body.ts'

/** `POST /v2/<name>/blobs/uploads/`: a new session, a mount (`?mount=`), or the whole blob at once (`?digest=`). */
export function createStartUpload({ uploadBlob, mountBlob }: Pick<Registry, 'uploadBlob' | 'mountBlob'>) {
  return async (exchange: ExchangeOn<'uploads'>): Promise<void> => {
    const { query } = exchange
    const { name: repository } = placeOf(exchange)
    const caller = callerOf(exchange)
    const mount = parseMount(query)
    if (mount !== undefined && (await mountBlob({ repository, ...mount }, caller))) {
      return respondCreated(exchange, mount.digest)
    }
    const digest = query.get('digest')
    if (digest !== null && mount === undefined) {
      const expected = parseDigest(digest)
      await uploadBlob.monolithic(repository, bodyOf(exchange), expected, caller)
      return respondCreated(exchange, expected)
    }
    respondProgress(exchange, 202, await uploadBlob.start(repository, caller))
  }
}

/** `GET <session>`: how far the upload got. */
export function createGetUpload({ uploadBlob }: Pick<Registry, 'uploadBlob'>) {
  return async (exchange: ExchangeOn<'upload'>): Promise<void> => {
    respondProgress(exchange, 204, await uploadBlob.progress(targetOf(exchange), callerOf(exchange)))
  }
}

/** `PATCH <session>`: some bytes; without `Content-Range` they go where the upload stands. */
export function createPatchUpload({ uploadBlob }: Pick<Registry, 'uploadBlob'>) {
  return async (exchange: ExchangeOn<'upload'>): Promise<void> => {
    const progress = await withResumeHeaders(exchange, () =>
      uploadBlob.append(targetOf(exchange), bodyOf(exchange), callerOf(exchange)),
    )
    respondProgress(exchange, 202, progress)
  }
}

/** `PUT <session>?digest=`: the last bytes, if any are left, and the end. */
export function createPutUpload({ uploadBlob }: Pick<Registry, 'uploadBlob'>) {
  return async (exchange: ExchangeOn<'upload'>): Promise<void> => {
    const text = exchange.query.get('digest')
    if (text === null) {
      throw new RegistryError('DIGEST_INVALID', { message: 'say which blob this is: add ?digest=<digest> to the URL' })
    }
    const digest = parseDigest(text)
    await withResumeHeaders(exchange, () =>
      uploadBlob.finish(targetOf(exchange), bodyOf(exchange), digest, callerOf(exchange)),
    )
    respondCreated(exchange, digest)
  }
}

/** `DELETE <session>`: the client changed its mind. */
export function createDeleteUpload({ uploadBlob }: Pick<Registry, 'uploadBlob'>) {
  return async (exchange: ExchangeOn<'upload'>): Promise<void> => {
    await uploadBlob.cancel(targetOf(exchange), callerOf(exchange))
    respond(exchange, 204, [])
  }
}

function targetOf(exchange: ExchangeOn<'upload'>): UploadTarget {
  return { repository: placeOf(exchange).name, id: exchange.path.id }
}

/** What to mount from where; undefined when the parameters make no sense, and the client uploads instead (UPL-10). */
function parseMount(query: URLSearchParams): { digest: Digest; from: RepositoryName | undefined } | undefined {
  const digest = query.get('mount')
  if (digest === null || !isDigest(digest)) return undefined
  const from = query.get('from')
  const name = from === null ? undefined : readRepositoryName(from)
  return from !== null && name === undefined ? undefined : { digest, from: name }
}

function bodyOf({ request }: Exchange): UploadBody {
  requirePlainBody(request)
  const range = parseContentRange(request.headers['content-range'])
  return { stream: bodyStream(request), length: announcedLength(request), range }
}

/** Lets a refused chunk say where the upload stands, so that the client can go on from there (UPL-5). */
async function withResumeHeaders<T>(exchange: ExchangeOn<'upload'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UploadOutOfOrder)) throw error
    const { message, detail, offset } = error
    const headers = { Location: uploadLocation(nameOf(exchange.path), exchange.path.id), Range: formatReceived(offset) }
    throw new RegistryError('RANGE_INVALID', { message, detail, headers })
  }
}

function respondProgress(
  exchange: ExchangeOn<'uploads' | 'upload'>,
  status: 202 | 204,
  { id, offset }: UploadProgress,
): void {
  const headers = [
    'Location',
    uploadLocation(nameOf(exchange.path), id),
    'Docker-Upload-UUID',
    id,
    'Range',
    formatReceived(offset),
  ]
  // A 204 has no body by definition, and so no length (RFC 9110 §8.6).
  if (status === 202) headers.push('Content-Length', '0')
  respond(exchange, status, headers)
}

function respondCreated(exchange: ExchangeOn<'uploads' | 'upload'>, digest: Digest): void {
  const location = `/v2/${nameOf(exchange.path)}/blobs/${digest}`
  respond(exchange, 201, ['Location', location, 'Docker-Content-Digest', digest, 'Content-Length', '0'])
}

/** Relative, so that it holds behind any proxy (UPL-2). */
function uploadLocation(repository: RepositoryName, id: string): string {
  return `/v2/${repository}/blobs/uploads/${id}`
}

/** The bytes received, without a unit, or docker gives up (TOP-5); an empty upload is `0-0`, for `0--1` breaks it too. */
function formatReceived(offset: number): string {
  return `0-${Math.max(offset - 1, 0)}`
}
