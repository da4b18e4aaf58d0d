import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import { isForeignLayer } from '../../oci/foreign-layer.ts'
import { isRunnableConfigType } from '../../oci/image-config.ts'
import { layoutBlobPath } from '../../oci/layout-files.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import type { BlobChunks } from '../registry/blob-download.ts'
import type { DigestCheck } from '../registry/digest-check.ts'
import type { RemoteManifest } from '../registry/manifests.ts'
import type { RemoteRepository } from '../registry/open-repository.ts'
import { blobsOf, type Content } from './collect-content.ts'

/** An image that is to be in an archive. */
export interface LayoutImage {
  readonly repository: RemoteRepository
  readonly content: Content
  /** As in `localhost:5000/acme/web`. */
  readonly pullName: string
  readonly tag: string | undefined
}

/** A file of an image layout (image-spec image-layout.md). */
export interface LayoutFile {
  readonly path: string
  readonly sizeBytes: number
  readonly source:
    | { readonly kind: 'bytes'; readonly bytes: Buffer }
    | { readonly kind: 'blob'; readonly blob: Pick<Descriptor, 'digest' | 'size'>; readonly download: Download }
}

type Download = (options: { readonly from: number; readonly check?: DigestCheck }) => BlobChunks

/** What an OCI image layout of these images consists of; with `manifest.json` for docker where it can say what they are. */
export function layoutFiles(images: readonly LayoutImage[]): {
  readonly files: readonly LayoutFile[]
  /** Whether `docker load` before version 25 and `podman load` can read it. */
  readonly isForDocker: boolean
} {
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: images.flatMap(rootsOf) }
  const loadable = images.map(loadableOf)
  const isForDocker = loadable.every((image) => image !== undefined)
  const blobs = new Map<Digest, LayoutFile>()
  for (const { content, repository } of images) {
    for (const manifest of content.manifests) {
      blobs.set(manifest.digest, jsonFile(layoutBlobPath(manifest.digest), manifest.bytes))
      for (const { digest, size } of blobsOf(manifest)) {
        const blob = { digest, size }
        const download: Download = (options) => repository.download(blob, options)
        const source = { kind: 'blob', blob, download } as const
        if (!blobs.has(digest)) blobs.set(digest, { path: layoutBlobPath(digest), sizeBytes: size, source })
      }
    }
  }
  const files = [
    jsonFile('oci-layout', { imageLayoutVersion: '1.0.0' }),
    jsonFile('index.json', index),
    ...(isForDocker ? [jsonFile('manifest.json', loadable)] : []),
    ...[...blobs.values()].sort((one, other) => (one.path < other.path ? -1 : 1)),
  ]
  return { files, isForDocker }
}

/** The image by its name, and what speaks of it, which nothing else in the layout leads to. */
function rootsOf({ content, pullName, tag }: LayoutImage) {
  const { root, manifests, companionTags } = content
  const named = new Set(manifests.flatMap(({ view }) => view.manifests.map(({ digest }) => digest)))
  const tags = new Map([...companionTags].map(([companion, { digest }]) => [digest, companion]))
  const others = manifests.filter(({ digest }) => digest !== root.digest && !named.has(digest))
  return [
    { ...descriptorOf(root), ...(tag !== undefined && { annotations: namesOf(pullName, tag) }) },
    ...others.map((manifest) => {
      const companion = tags.get(manifest.digest)
      return {
        ...descriptorOf(manifest),
        ...(companion !== undefined && { annotations: namesOf(pullName, companion) }),
      }
    }),
  ]
}

function descriptorOf({ mediaType, digest, bytes, view }: RemoteManifest) {
  const { artifactType, subject } = view
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(subject !== undefined && artifactType !== undefined && { artifactType }),
  }
}

/** The first is of the image-spec (annotations.md), a tag; by the second containerd, docker and podman name an image. */
function namesOf(pullName: string, tag: string) {
  return { 'org.opencontainers.image.ref.name': tag, 'io.containerd.image.name': `${pullName}:${tag}` }
}

/** How docker's own format says what the image is; undefined where there are several, or none that runs. */
function loadableOf({ content, pullName, tag }: LayoutImage) {
  const { root, manifests } = content
  const inIndex = new Set(root.view.manifests.map(({ digest }) => digest))
  const candidates = root.view.config === undefined ? manifests.filter(({ digest }) => inIndex.has(digest)) : [root]
  const runnable = candidates.filter(isRunnable)
  const [image] = runnable
  if (image?.view.config === undefined || runnable.length !== 1) return undefined
  const { config, layers } = image.view
  return {
    Config: layoutBlobPath(config.digest),
    RepoTags: tag === undefined ? [] : [`${pullName}:${tag}`],
    Layers: layers.map(({ digest }) => layoutBlobPath(digest)),
  }
}

const LAYER_TYPE = /^application\/vnd\.(oci\.image\.layer\.v1|docker\.image\.rootfs\.diff)\.tar/

function isRunnable({ view: { config, layers } }: RemoteManifest): boolean {
  if (config === undefined || !isRunnableConfigType(config.mediaType)) return false
  return layers.every((layer) => LAYER_TYPE.test(layer.mediaType) && !isForeignLayer(layer))
}

function jsonFile(path: string, content: object): LayoutFile {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
  return { path, sizeBytes: bytes.length, source: { kind: 'bytes', bytes } }
}
