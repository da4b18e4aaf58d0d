import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { tarArchive } from './tar-archive.ts'

/** Media types of what the suite makes. */
export const TYPES = {
  config: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  nonDistributable: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  nonDistributableGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
} as const

export type Algorithm = 'sha256' | 'sha512'

export interface Platform {
  readonly os: string
  readonly architecture: string
}

/** A descriptor as it stands in a manifest (image-spec descriptor.md). */
export interface ContentDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly urls?: readonly string[]
  /** The content itself, in base64. */
  readonly data?: string
  readonly platform?: Platform
}

/** A manifest with the bytes that are pushed and must come back. */
export interface ManifestContent {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer
  readonly subject?: string
}

/** Everything that makes up one thing to push; the functions below add to it. */
export interface Content {
  readonly algorithm: Algorithm
  readonly blobs: Map<string, Buffer>
  /** Children before their parents. */
  readonly manifests: ManifestContent[]
  /** Tag → digest. */
  readonly tags: Map<string, string>
  /** Subject → who refers to it. */
  readonly referrers: Map<string, ContentDescriptor[]>
}

/** What an image manifest may have beyond two layers and a config. */
export interface ImageOptions {
  readonly tag?: string
  readonly platform?: Platform
  readonly config?: ContentDescriptor
  readonly layers?: readonly ContentDescriptor[]
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly subject?: ContentDescriptor
  /** Adds a member no specification knows to the config and the manifest. */
  readonly customField?: boolean
  /** Repeats the config and the layers inside the manifest. */
  readonly dataField?: boolean
}

/** What an index may have beyond its children. */
export type IndexOptions = Omit<ImageOptions, 'platform' | 'config' | 'layers' | 'dataField'>

/** Starts with nothing. */
export function createContent(algorithm: Algorithm = 'sha256'): Content {
  return { algorithm, blobs: new Map(), manifests: [], tags: new Map(), referrers: new Map() }
}

/** The digest of bytes. */
export function digestOf(algorithm: Algorithm, bytes: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** Adds a blob. */
export function addBlob(content: Content, bytes: Buffer, mediaType: string): ContentDescriptor {
  const digest = digestOf(content.algorithm, bytes)
  content.blobs.set(digest, bytes)
  return { mediaType, digest, size: bytes.length }
}

/** Adds a layer with one small file in it that no other layer has. */
export function addLayer(content: Content, mediaType: string = TYPES.layerGzip): ContentDescriptor {
  const archive = tarArchive('conformance.txt', `A file that only this layer has: ${randomUUID()}\n`)
  return addBlob(content, mediaType === TYPES.layerGzip ? gzipSync(archive) : archive, mediaType)
}

/** Adds the `{}` that stands where an artifact has no config (image-spec manifest.md, "empty descriptor"). */
export function addEmptyJson(content: Content): ContentDescriptor {
  return addBlob(content, Buffer.from('{}'), TYPES.empty)
}

/** Adds an image; the descriptor is what an index would say of it. */
export function addImage(content: Content, options: ImageOptions = {}): ContentDescriptor {
  const layers = options.layers ?? [addLayer(content), addLayer(content)]
  const config = options.config ?? addConfig(content, options)
  const inlined = (descriptor: ContentDescriptor): ContentDescriptor => {
    const bytes = options.dataField ? content.blobs.get(descriptor.digest) : undefined
    return bytes === undefined ? descriptor : { ...descriptor, data: bytes.toString('base64') }
  }
  const own = { config: inlined(config), layers: layers.map(inlined) }
  const descriptor = addManifest(content, TYPES.image, own, options, options.artifactType ?? config.mediaType)
  return options.platform === undefined ? descriptor : { ...descriptor, platform: options.platform }
}

/** Adds an artifact: an image manifest with an empty config and one blob of random bytes of type `layerType`. */
export function addArtifact(content: Content, layerType: string, options: ImageOptions): ContentDescriptor {
  const config = addEmptyJson(content)
  return addImage(content, { config, layers: [addBlob(content, randomBytes(2048), layerType)], ...options })
}

/** Adds an index of what was added before. */
export function addIndex(
  content: Content,
  children: readonly ContentDescriptor[],
  options: IndexOptions = {},
): ContentDescriptor {
  return addManifest(content, TYPES.index, { manifests: children }, options, options.artifactType)
}

/** An annotation nobody else has, so that two manifests of the same parts differ. */
export function uniqueAnnotation(): Record<string, string> {
  return { [`org.example.${randomUUID()}`]: randomUUID() }
}

function addConfig(content: Content, { platform, customField }: ImageOptions): ContentDescriptor {
  const config = {
    author: 'Kontor conformance tests',
    os: platform?.os ?? 'linux',
    architecture: platform?.architecture ?? 'amd64',
    // Digests of nothing in particular: a registry has no business reading a config.
    rootfs: { type: 'layers', diff_ids: [digestOf(content.algorithm, randomBytes(8))] },
    ...(customField ? uniqueAnnotation() : {}),
  }
  return addBlob(content, Buffer.from(JSON.stringify(config)), TYPES.config)
}

function addManifest(
  content: Content,
  mediaType: string,
  own: object,
  { tag, annotations, subject, customField, artifactType }: IndexOptions,
  listedArtifactType: string | undefined,
): ContentDescriptor {
  const manifest = {
    schemaVersion: 2,
    mediaType,
    // JSON.stringify leaves out what is undefined.
    artifactType,
    ...own,
    subject,
    annotations,
    ...(customField ? uniqueAnnotation() : {}),
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const descriptor = { mediaType, digest: digestOf(content.algorithm, bytes), size: bytes.length }
  const { digest } = descriptor
  content.manifests.push({ digest, mediaType, bytes, ...(subject === undefined ? {} : { subject: subject.digest }) })
  if (tag !== undefined) content.tags.set(tag, digest)
  if (subject !== undefined) {
    const listed = {
      ...descriptor,
      ...(listedArtifactType === undefined ? {} : { artifactType: listedArtifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    }
    content.referrers.set(subject.digest, [...(content.referrers.get(subject.digest) ?? []), listed])
  }
  return descriptor
}
