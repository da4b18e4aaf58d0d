import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import { CliError } from '../cli-error.ts'
import { findCredential, serverOfToken } from '../credentials/find-credential.ts'
import { EXIT } from '../exit-codes.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { formatImageReference, type ImageReference, targetOf } from '../references/image-reference.ts'
import { chooseServer } from '../servers/choose-server.ts'
import { contextsPath, readContexts } from '../servers/contexts.ts'
import { serverUrl } from '../servers/server-url.ts'
import { createAuthorization } from './authorization.ts'
import { type BlobChunks, downloadBlob, readBlob } from './blob-download.ts'
import { type BlobUpload, hasBlob, uploadBlob } from './blob-upload.ts'
import type { DigestCheck } from './digest-check.ts'
import { openManifests, type RemoteManifest, type RemoteManifests } from './manifests.ts'
import { listReferrers, noteReferrer } from './referrers.ts'
import { createTransport, type RegistryTransport } from './transport.ts'

/** A repository of any OCI registry, as one user or nobody. */
export interface RemoteRepository {
  readonly url: URL
  readonly name: string
  readonly manifests: RemoteManifests
  /** What the reference leads to. @throws CliError notFound */
  resolve(reference: ImageReference): Promise<RemoteManifest>
  referrers(subject: Digest): Promise<readonly Descriptor[]>
  /** For a registry that does not list referrers by itself. */
  noteReferrer(subject: Digest, referrer: RemoteManifest): Promise<void>
  hasBlob(digest: string): Promise<boolean>
  download(blob: Pick<Descriptor, 'digest' | 'size'>, options?: { from?: number; check?: DigestCheck }): BlobChunks
  /** A small blob. */
  read(blob: Pick<Descriptor, 'digest' | 'size'>, maxBytes: number): Promise<Buffer>
  upload(upload: BlobUpload): Promise<'mounted' | 'uploaded'>
  /** Asks for something of the API that a Kontor has beside the registry, with the right to pull from the repository. */
  askApi(path: string): Promise<HttpResponse>
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Opens the repositories that references lead to: at the host that they name, or at the server that is meant when none is
 * named. Those of one registry share its tokens.
 * @throws CliError for addresses that are none, and a `KONTOR_TOKEN` that may be meant for either of two registries.
 */
export async function openRepositories(
  env: Environment,
  references: readonly ImageReference[],
  options: { readonly server?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly RemoteRepository[]> {
  const { server, signal } = options
  const urls = await Promise.all(references.map((reference) => urlOf(env, reference, server)))
  const registries = new Map(urls.map((url) => [url.href, url]))
  const transports = new Map<string, RegistryTransport>()
  if (registries.size > 1) await requireServerOfToken(env, server)
  for (const [key, url] of registries) {
    const credential = await findCredential(env, url.host, server)
    transports.set(
      key,
      createTransport({ url, authorization: createAuthorization({ url, credential, signal }), signal }),
    )
  }
  return references.flatMap(({ repository }, index) => {
    const transport = transports.get(urls[index]?.href ?? '')
    return transport === undefined ? [] : [openRepository(transport, repository)]
  })
}

/** @throws CliError usage when `KONTOR_TOKEN` may be meant for either of several registries. */
async function requireServerOfToken(env: Environment, server: string | undefined): Promise<void> {
  if (!env['KONTOR_TOKEN'] || (await serverOfToken(env, server)) !== undefined) return
  throw new CliError('KONTOR_TOKEN is set, but not for which of the registries', {
    exitCode: EXIT.usage,
    hint: 'set KONTOR_SERVER to the one that it is for, and log in to the other',
  })
}

/** A host that is a known server is spoken to as that is: by plain HTTP, too, if its address says so. */
async function urlOf(env: Environment, { host }: ImageReference, server: string | undefined): Promise<URL> {
  if (host === undefined) return chooseServer(env, { server })
  const { servers } = await readContexts(contextsPath(env))
  return servers.map(serverUrl).find((url) => url.host === host) ?? serverUrl(host)
}

function openRepository(transport: RegistryTransport, name: string): RemoteRepository {
  const { url } = transport
  const manifests = openManifests(transport, name)
  return {
    url,
    name,
    manifests,
    async resolve(reference) {
      const found = await manifests.find(targetOf(reference))
      if (found !== undefined) return found
      throw new CliError(`there is no ${formatImageReference({ ...reference, host: url.host })}`, {
        exitCode: EXIT.notFound,
        code: 'MANIFEST_UNKNOWN',
      })
    },
    referrers: (subject) => listReferrers(transport, manifests, name, subject),
    noteReferrer: (subject, referrer) => noteReferrer(manifests, subject, referrer),
    hasBlob: (digest) => hasBlob(transport, name, digest),
    download: (blob, more) => downloadBlob(transport, name, blob, more),
    read: (blob, maxBytes) => readBlob(transport, name, blob, maxBytes),
    upload: (upload) => uploadBlob(transport, name, upload),
    async askApi(path) {
      const scopes = [`repository:${name}:pull`]
      // Only the registry tells how it wants to be asked; to the API whoever says nothing is nobody.
      const ping = await transport.send({ method: 'GET', target: '/v2/', scopes })
      ping.body.resume()
      return transport.send({ method: 'GET', target: path, scopes, headers: { Accept: 'application/json' } })
    },
  }
}
