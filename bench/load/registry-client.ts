import { createHash } from 'node:crypto'
import type { BenchServer } from '../servers/bench-server.ts'
import { checkAnswer, type Expected } from './check-answer.ts'
import { type Answer, Connection } from './connection.ts'
import { formatRequest, type RequestOptions } from './format-request.ts'
import type { MadeUpBlob } from './made-up-blob.ts'

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
/** What docker says it takes. Distribution answers 404 without it. */
export const ACCEPT_MANIFESTS = [MANIFEST_TYPE, 'application/vnd.oci.image.index.v1+json'].join(', ')

/** What a manifest says of something it refers to. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** A client as docker's: one connection, one request after the other, and the `Authorization` it came with. */
export interface RegistryClient {
  /** @throws Error when the answer is not as expected. @returns the answer and its body. */
  ask(options: Omit<RequestOptions, 'authorization'>, expected: Expected): Promise<Answer & { readonly body: Buffer }>
  /** `POST`, and the whole blob with one `PUT`. */
  pushBlob(repository: string, blob: MadeUpBlob): Promise<void>
  /** `POST`, one `PATCH` of unknown length, and a `PUT`: as docker does it. */
  streamBlob(
    repository: string,
    blob: MadeUpBlob,
    encode: (pieces: Iterable<Buffer>) => Iterable<Buffer>,
  ): Promise<void>
  pushBytes(repository: string, mediaType: string, bytes: Buffer): Promise<Descriptor>
  /** @param reference a tag; without one it is pushed by its digest. */
  pushManifest(repository: string, manifest: unknown, reference?: string): Promise<Descriptor>
  close(): void
}

export async function openRegistryClient(
  server: BenchServer,
  authorization: string | undefined,
): Promise<RegistryClient> {
  const connection = await Connection.open(server.address)
  const format = (options: RequestOptions) => formatRequest(server.address, { ...options, authorization })

  async function ask(options: RequestOptions, expected: Expected) {
    const chunks: Buffer[] = []
    const answer = await connection.exchange(format(options), { onBody: (bytes) => chunks.push(Buffer.from(bytes)) })
    const body = Buffer.concat(chunks)
    try {
      checkAnswer(answer, expected)
    } catch (error) {
      throw new Error(`${options.method ?? 'GET'} ${options.path}: ${error} ${body.subarray(0, 300)}`)
    }
    return { ...answer, body }
  }

  async function startUpload(repository: string): Promise<string> {
    const body = Buffer.alloc(0)
    const answer = await ask({ method: 'POST', path: `/v2/${repository}/blobs/uploads/`, body }, { status: 202 })
    return locationOf(answer)
  }

  function endOf(location: string, digest: string): string {
    return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`
  }

  return {
    ask,
    async pushBlob(repository, blob) {
      const location = await startUpload(repository)
      const headers = { 'Content-Length': blob.size, 'Content-Type': 'application/octet-stream' }
      const put = format({ method: 'PUT', path: endOf(location, blob.digest), headers })
      checkAnswer(await connection.exchange(put, { body: blob.chunks() }), { status: 201, inHead: blob.digest })
    },
    async streamBlob(repository, blob, encode) {
      const headers = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/octet-stream' }
      const patch = format({ method: 'PATCH', path: await startUpload(repository), headers })
      const patched = await connection.exchange(patch, { body: encode(blob.chunks()) })
      checkAnswer(patched, { status: 202 })
      const path = endOf(locationOf(patched), blob.digest)
      await ask({ method: 'PUT', path, body: Buffer.alloc(0) }, { status: 201, inHead: blob.digest })
    },
    async pushBytes(repository, mediaType, bytes) {
      const digest = digestOf(bytes)
      const path = endOf(await startUpload(repository), digest)
      // Head and body in one write, as clients send what is small.
      const headers = { 'Content-Type': 'application/octet-stream' }
      await ask({ method: 'PUT', path, headers, body: bytes }, { status: 201, inHead: digest })
      return { mediaType, digest, size: bytes.length }
    },
    async pushManifest(repository, manifest, reference) {
      const body = Buffer.from(JSON.stringify(manifest))
      const digest = digestOf(body)
      const path = `/v2/${repository}/manifests/${reference ?? digest}`
      const headers = { 'Content-Type': MANIFEST_TYPE }
      await ask({ method: 'PUT', path, headers, body }, { status: 201, inHead: digest })
      return { mediaType: MANIFEST_TYPE, digest, size: body.length }
    },
    close: () => connection.close(),
  }
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Where to go on: some servers answer with a path, others with a URL. */
function locationOf({ text }: Answer): string {
  const location = /\r\nlocation: (\S+)/i.exec(text)?.[1]
  if (location === undefined) throw new Error(`an answer has no Location: ${text}`)
  return location.replace(/^https?:\/\/[^/]+/, '')
}
