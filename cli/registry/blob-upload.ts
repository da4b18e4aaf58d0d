import { Readable } from 'node:stream'
import type { Descriptor } from '../../oci/descriptor.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { HttpResponse } from '../http/exchange.ts'
import type { BlobChunks } from './blob-download.ts'
import { toCliError } from './registry-error.ts'
import { createTries, isPassingFailure, isPassingStatus } from './retry.ts'
import type { RegistryTransport } from './transport.ts'

/** A blob that is to be in a repository. */
export interface BlobUpload {
  readonly blob: Pick<Descriptor, 'digest' | 'size'>
  /** Its bytes from a place on. Asked again when the destination was lost. */
  read(from: number): BlobChunks
  /** Another repository of the same registry that has it. */
  readonly mountFrom?: string | undefined
  /** The address of an upload session that was begun earlier. */
  readonly session?: string | undefined
  /** Where the upload session is, for going on with it another time; undefined once there is none. */
  onSession?(location: string | undefined): void
  /** How many bytes the registry has. */
  onProgress?(bytes: number): void
}

/** Some registries read the whole blob once more, or move it, before they answer. */
const FINISH_MS = 600_000

/** A step of an upload that failed in a way that may pass. */
interface Unfinished {
  readonly retryAfter?: string | undefined
  readonly error: CliError
}

interface Session {
  readonly location: URL
  readonly offset: number
}

/**
 * Brings a blob into a repository: by mounting it, or by an upload session that goes on where it was when a connection
 * breaks. The registry compares the digest before it takes it.
 * @throws CliError; the session stays where it may be gone on with.
 */
export async function uploadBlob(
  transport: RegistryTransport,
  repository: string,
  upload: BlobUpload,
): Promise<'mounted' | 'uploaded'> {
  const { url, isKnown, signal } = transport
  const { blob, onSession = () => {}, onProgress = () => {} } = upload
  const scopes = [
    `repository:${repository}:pull,push`,
    ...(upload.mountFrom === undefined ? [] : [`repository:${upload.mountFrom}:pull`]),
  ]
  const tries = createTries(signal)

  async function start(): Promise<Session | 'mounted'> {
    const target = new URL(`/v2/${repository}/blobs/uploads/`, url)
    if (upload.mountFrom !== undefined) {
      target.searchParams.set('mount', blob.digest)
      target.searchParams.set('from', upload.mountFrom)
    }
    const response = await transport.send({ method: 'POST', target, scopes, headers: { 'Content-Length': 0 } })
    if (response.status === 201) {
      response.body.resume()
      return 'mounted'
    }
    if (response.status !== 202) throw await refusal(response)
    response.body.resume()
    return sessionOf(response, target, 0)
  }

  /** Where a session stands; undefined when it is gone, or it cannot be told. */
  async function ask(location: URL): Promise<Session | undefined> {
    const response = await transport.send({ method: 'GET', target: location, scopes })
    response.body.resume()
    const offset = receivedBytes(response)
    // `0-0` is one byte or none: not worth finding out.
    if (response.status !== 204 || offset === undefined || offset < 2 || offset > blob.size) return undefined
    return sessionOf(response, location, offset)
  }

  /** Sends what is missing. @returns the session afterwards, or why it must be asked how far it got. */
  async function append(session: Session): Promise<Session | Unfinished> {
    let failure: unknown
    async function* bytes(): BlobChunks {
      let position = session.offset
      try {
        for await (const chunk of upload.read(session.offset)) {
          yield chunk
          position += chunk.length
          onProgress(position)
        }
      } catch (error) {
        failure = error
        throw error
      }
    }
    const body = Readable.from(bytes(), { objectMode: false, highWaterMark: 256 * 1024 })
    try {
      const response = await transport.send({
        method: 'PATCH',
        target: session.location,
        scopes,
        headers: {
          'Content-Type': 'application/octet-stream',
          'Content-Length': blob.size - session.offset,
          'Content-Range': `${session.offset}-${blob.size - 1}`,
        },
        body,
      })
      if (response.status >= 200 && response.status < 300) {
        response.body.resume()
        return sessionOf(response, session.location, blob.size)
      }
      const error = await refusal(response)
      // 401: the token ended on the way. 404 and 416: asking tells whether the session is gone or stands elsewhere.
      const mayPass = isPassingStatus(response.status) || [401, 404, 416].includes(response.status)
      if (!mayPass) throw error
      return { error, retryAfter: response.headers['retry-after'] }
    } catch (error) {
      // Without its source no upload goes on, and it is the source that must be named.
      if (failure !== undefined) throw failure
      if (isPassingFailure(error)) return { error: error as CliError }
      throw error
    } finally {
      body.destroy()
    }
  }

  async function finish({ location }: Session): Promise<'done' | Unfinished> {
    const target = new URL(location)
    target.searchParams.set('digest', blob.digest)
    const headers = { 'Content-Length': 0 }
    const response = await transport.send({ method: 'PUT', target, scopes, headers, silenceMs: FINISH_MS })
    if (response.status === 201 || response.status === 204) {
      response.body.resume()
      return 'done'
    }
    // The first try may have done it, and its answer was lost.
    if (response.status === 404 && (await hasBlob(transport, repository, blob.digest))) return 'done'
    const error = await refusal(response)
    return isPassingStatus(response.status) || [400, 401, 404, 416].includes(response.status)
      ? { error }
      : throwing(error)
  }

  function refusal(response: HttpResponse): Promise<CliError> {
    return toCliError(response, `${blob.digest} is not taken into ${repository}`, { host: url.host, isKnown })
  }

  let session = upload.session === undefined ? undefined : await ask(new URL(upload.session, url))
  while (true) {
    if (session === undefined) {
      const started = await start()
      if (started === 'mounted') return 'mounted'
      session = started
    }
    onSession(session.location.href)
    onProgress(session.offset)
    const sent = session.offset < blob.size ? await append(session) : session
    const end = 'error' in sent ? sent : await finish(sent)
    if (end === 'done') {
      onSession(undefined)
      onProgress(blob.size)
      return 'uploaded'
    }
    const before: number = session.offset
    if (!(await tries.again(end.retryAfter))) throw end.error
    session = 'error' in sent ? await ask(session.location) : undefined
    if (session === undefined) onSession(undefined)
    else if (session.offset > before) tries.reset()
  }
}

/** Whether a repository has a blob. */
export async function hasBlob(transport: RegistryTransport, repository: string, digest: string): Promise<boolean> {
  const scopes = [`repository:${repository}:pull,push`]
  const response = await transport.send({ method: 'HEAD', target: `/v2/${repository}/blobs/${digest}`, scopes })
  response.body.resume()
  if (response.status === 200 || response.status === 404) return response.status === 200
  const who = { host: transport.url.host, isKnown: transport.isKnown }
  throw await toCliError(response, `${repository}@${digest} cannot be looked for`, who)
}

function sessionOf({ headers }: HttpResponse, asked: URL, offset: number): Session {
  const location = headers.location === undefined ? asked : URL.parse(headers.location, asked.href)
  if (location === null) throw new CliError(`${asked.host} names no place to upload to`, { exitCode: EXIT.network })
  return { location, offset }
}

/** `Range: 0-<last byte>`, as uploads have it. */
function receivedBytes({ headers }: HttpResponse): number | undefined {
  const { range } = headers
  const last = typeof range === 'string' ? /^(?:bytes=)?0-(\d{1,16})$/.exec(range)?.[1] : undefined
  return last === undefined ? undefined : Number(last) + 1
}

function throwing(error: CliError): never {
  throw error
}
