import { createHash } from 'node:crypto'
import type { Descriptor } from '../../oci/descriptor.ts'
import { type Digest, formatDigest } from '../../oci/digest.ts'
import { parseManifest } from '../../oci/manifest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import { readText } from '../http/exchange.ts'
import type { RemoteManifest, RemoteManifests } from './manifests.ts'
import { toCliError } from './registry-error.ts'
import type { RegistryTransport } from './transport.ts'

/** The tag under which registries that list no referrers keep the list (distribution-spec, Referrers Tag Schema). */
export function referrersTag(subject: Digest): string {
  return subject.replace(':', '-').slice(0, 128)
}

/** What speaks of a manifest, from the registry's own list or the one that clients keep under a tag. */
export async function listReferrers(
  transport: RegistryTransport,
  manifests: RemoteManifests,
  repository: string,
  subject: Digest,
): Promise<readonly Descriptor[]> {
  const listed: Descriptor[] = []
  let target: string | URL | undefined = `/v2/${repository}/referrers/${subject}`
  const scopes = [`repository:${repository}:pull`]
  while (target !== undefined) {
    const at: URL = new URL(target, transport.url)
    const response = await transport.send({
      method: 'GET',
      target: at,
      scopes,
      headers: { Accept: MEDIA_TYPES.ociIndex },
    })
    // Registries without such a list answer with one thing or another.
    if (response.status === 404 || response.status === 405 || response.status === 400) {
      response.body.resume()
      return (await manifests.find(referrersTag(subject)))?.view.manifests ?? []
    }
    if (response.status !== 200) {
      const who = { host: transport.url.host, isKnown: transport.isKnown }
      throw await toCliError(response, `what refers to ${repository}@${subject} cannot be listed`, who)
    }
    listed.push(...parseManifest(Buffer.from(await readText(response)), MEDIA_TYPES.ociIndex).manifests)
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(response.headers['link'] ?? ''))?.[1]
    target = next === undefined ? undefined : new URL(next, at)
  }
  return listed
}

/** Writes down what speaks of a manifest, for a registry that does not list it by itself. */
export async function noteReferrer(
  manifests: RemoteManifests,
  subject: Digest,
  referrer: RemoteManifest,
): Promise<void> {
  const tag = referrersTag(subject)
  const known = await manifests.find(tag)
  if (known?.view.manifests.some(({ digest }) => digest === referrer.digest)) return
  const before: unknown = known === undefined ? [] : (JSON.parse(known.bytes.toString('utf8')) as JsonIndex).manifests
  const { artifactType, annotations } = referrer.view
  const descriptor = {
    mediaType: referrer.mediaType,
    digest: referrer.digest,
    size: referrer.bytes.length,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
  // What others wrote stays as they wrote it.
  const list = [...(Array.isArray(before) ? before : []), descriptor]
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: list }))
  const digest = formatDigest('sha256', createHash('sha256').update(bytes).digest('hex'))
  const view = parseManifest(bytes, MEDIA_TYPES.ociIndex)
  await manifests.put(tag, { digest, mediaType: MEDIA_TYPES.ociIndex, bytes, view })
}

interface JsonIndex {
  readonly manifests?: unknown
}
