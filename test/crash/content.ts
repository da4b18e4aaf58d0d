import { createHash } from 'node:crypto'
import { type Digest, formatDigest } from '../../oci/digest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'

/** A manifest as it is pushed, and what it needs to be whole. */
export interface PushedManifest {
  readonly repository: string
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
  /** Paths of everything it refers to, but for its subject. */
  readonly references: readonly string[]
}

/** A blob in a repository. */
export interface PushedBlob {
  readonly repository: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

export function digestOf(bytes: Uint8Array): Digest {
  return formatDigest('sha256', createHash('sha256').update(bytes).digest('hex'))
}

export function blobPath(repository: string, digest: Digest): string {
  return `/v2/${repository}/blobs/${digest}`
}

/** The path of a repository in the API. */
export function hubPath(repository: string): string {
  return `/api/v1/repositories/${encodeURIComponent(repository)}`
}

/** The path of a manifest, by tag or by digest. */
export function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`
}

/** An image manifest of some blobs, the first of which is its config; `note` makes it unlike any other. */
export function createImageManifest(
  repository: string,
  blobs: readonly PushedBlob[],
  note: string,
  subject?: PushedManifest,
): PushedManifest {
  const [config, ...layers] = blobs.map(({ digest, size }) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    digest,
    size,
  }))
  return createManifest(
    repository,
    MEDIA_TYPES.ociManifest,
    {
      config: { ...config, mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers,
      ...(subject && { subject: describeManifest(subject) }),
      annotations: { note },
    },
    blobs.map(({ digest }) => blobPath(repository, digest)),
  )
}

/** An index of some manifests. */
export function createIndex(repository: string, children: readonly PushedManifest[], note: string): PushedManifest {
  return createManifest(
    repository,
    MEDIA_TYPES.ociIndex,
    { manifests: children.map(describeManifest), annotations: { note } },
    children.map(({ digest }) => manifestPath(repository, digest)),
  )
}

function createManifest(
  repository: string,
  mediaType: string,
  fields: object,
  references: readonly string[],
): PushedManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields }))
  return { repository, digest: digestOf(bytes), mediaType, bytes, references }
}

function describeManifest({ mediaType, digest, bytes }: PushedManifest): object {
  return { mediaType, digest, size: bytes.byteLength }
}
