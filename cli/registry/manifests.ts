import { createHash } from 'node:crypto'
import { type Digest, digestAlgorithm, formatDigest, isDigest } from '../../oci/digest.ts'
import { MAX_MANIFEST_BYTES, type ManifestView, parseManifest } from '../../oci/manifest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import { CliError } from '../cli-error.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { damaged } from './digest-check.ts'
import { toCliError } from './registry-error.ts'
import { connectionLost, createTries, isConnectionLost } from './retry.ts'
import type { RegistryTransport } from './transport.ts'

/** A manifest as a registry has it, byte for byte. */
export interface RemoteManifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
  readonly view: ManifestView
}

/** How a manifest was taken. */
export interface TakenManifest {
  /** Whether the registry itself lists what speaks of another manifest; undefined for what speaks of none. */
  readonly isListed: boolean | undefined
  /** What the registry has to say of it (distribution-spec, Warnings). */
  readonly warnings: readonly string[]
}

/** The manifests of one repository. */
export interface RemoteManifests {
  /** By tag or digest; undefined when there is none. @throws CliError */
  find(reference: string): Promise<RemoteManifest | undefined>
  /** Whether it is there; nothing is fetched. */
  has(reference: string): Promise<boolean>
  put(reference: string, manifest: RemoteManifest): Promise<TakenManifest>
}

const ACCEPT = Object.values(MEDIA_TYPES).join(', ')

export function openManifests(transport: RegistryTransport, repository: string): RemoteManifests {
  const { url, isKnown } = transport
  const place = (reference: string) => `/v2/${repository}/manifests/${reference}`
  const pull = [`repository:${repository}:pull`]
  const push = [`repository:${repository}:pull,push`]
  const nameOf = (reference: string) => `${repository}${isDigest(reference) ? '@' : ':'}${reference}`

  async function read(reference: string): Promise<RemoteManifest | undefined> {
    const request = { method: 'GET', target: place(reference), scopes: pull, headers: { Accept: ACCEPT } } as const
    const response = await transport.send(request)
    if (response.status === 404) {
      response.body.resume()
      return undefined
    }
    if (response.status !== 200)
      throw await toCliError(response, `${nameOf(reference)} cannot be read`, { host: url.host, isKnown })
    const bytes = await readBytes(response, `the manifest of ${nameOf(reference)}`)
    // What was asked for by digest is checked by it, whatever algorithm; what was asked for by tag is what it is.
    const algorithm = isDigest(reference) ? digestAlgorithm(reference) : 'sha256'
    const digest = formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'))
    if (isDigest(reference) && digest !== reference) throw damaged(reference, url.host)
    const view = parseManifest(bytes, response.headers['content-type'])
    return { digest, mediaType: view.mediaType, bytes, view }
  }

  return {
    async find(reference) {
      const tries = createTries(transport.signal)
      while (true) {
        try {
          return await read(reference)
        } catch (error) {
          if (!isConnectionLost(error) || !(await tries.again())) throw error
        }
      }
    },
    async has(reference) {
      const request = { method: 'HEAD', target: place(reference), scopes: push, headers: { Accept: ACCEPT } } as const
      const response = await transport.send(request)
      response.body.resume()
      if (response.status === 200 || response.status === 404) return response.status === 200
      throw await toCliError(response, `${nameOf(reference)} cannot be looked for`, { host: url.host, isKnown })
    },
    async put(reference, { mediaType, bytes, view }) {
      const headers = { 'Content-Type': mediaType }
      const response = await transport.send({
        method: 'PUT',
        target: place(reference),
        scopes: push,
        headers,
        body: bytes,
      })
      if (response.status >= 300)
        throw await toCliError(response, `${nameOf(reference)} is not taken`, { host: url.host, isKnown })
      response.body.resume()
      const isListed = view.subject && response.headers['oci-subject'] !== undefined
      return { isListed, warnings: warningsIn(String(response.headers['warning'] ?? '')) }
    },
  }
}

/** As in `299 - "acme/web is deprecated"`, as often as there is something to say. */
function warningsIn(header: string): readonly string[] {
  return [...header.matchAll(/\b299 \S+ "([^"]*)"/g)].flatMap(([, text]) => text ?? [])
}

/** @throws CliError for more than any registry takes as a manifest, and when the connection is lost. */
async function readBytes({ body }: HttpResponse, what: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_MANIFEST_BYTES) throw new CliError(`${what} has more than ${MAX_MANIFEST_BYTES} bytes`)
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw connectionLost(what, error)
  }
  return Buffer.concat(chunks)
}
