import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

/** Everything an image or index consists of: the bytes of each manifest, config and layer, by digest. */
export interface ImageBytes {
  /** The digest that the image is known by. */
  digest: string
  parts: ReadonlyMap<string, Buffer>
}

/** Where a part is, as a manifest says it. */
export interface Descriptor {
  mediaType: string
  digest: string
  size: number
}

/** What of a manifest or index leads to its parts. */
export interface ManifestView {
  mediaType?: string
  artifactType?: string
  subject?: Descriptor
  config?: Descriptor
  layers?: Descriptor[]
  manifests?: Descriptor[]
}

/** Fetches parts from wherever an image is kept. */
export interface PartReader {
  manifest(digest: string): Promise<Buffer>
  blob(digest: string): Promise<Buffer>
}

/**
 * Reads an image, through all platforms when it is an index.
 * Throws when a part does not have the digest or the size that its descriptor promises.
 */
export async function readImageBytes(digest: string, reader: PartReader): Promise<ImageBytes> {
  const parts = new Map<string, Buffer>()

  const addManifest = async (manifestDigest: string): Promise<void> => {
    const bytes = await reader.manifest(manifestDigest)
    addPart(parts, manifestDigest, bytes)
    const manifest = parseManifest(bytes)
    for (const child of manifest.manifests ?? []) {
      await addManifest(child.digest)
    }
    const blobs = [...(manifest.config === undefined ? [] : [manifest.config]), ...(manifest.layers ?? [])]
    for (const blob of blobs) {
      if (parts.has(blob.digest)) continue
      const content = await reader.blob(blob.digest)
      if (content.length !== blob.size) {
        throw new Error(`${blob.digest} should have ${blob.size} bytes, but ${content.length} arrived.`)
      }
      addPart(parts, blob.digest, content)
    }
  }

  await addManifest(digest)
  return { digest, parts }
}

/** The manifest that `bytes` hold. Throws when they are not JSON. */
export function parseManifest(bytes: Buffer): ManifestView {
  return JSON.parse(bytes.toString()) as ManifestView
}

/** The digest of `bytes` under SHA-256. */
export function sha256Digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/**
 * In which parts two images differ, in words; empty when every byte is the same.
 * (A deep comparison of buffers of this size would take the test framework minutes.)
 */
export function differences(expected: ImageBytes, actual: ImageBytes): string[] {
  const found: string[] = []
  if (expected.digest !== actual.digest) found.push(`known as ${actual.digest} instead of ${expected.digest}`)
  for (const digest of new Set([...expected.parts.keys(), ...actual.parts.keys()])) {
    const left = expected.parts.get(digest)
    const right = actual.parts.get(digest)
    if (right === undefined) found.push(`${digest} is missing`)
    else if (left === undefined) found.push(`${digest} was not there before`)
    else if (!left.equals(right)) found.push(`${digest} has other bytes`)
  }
  return found
}

/**
 * The digests of an image's layers as they are unpacked, bottom first: what a client that compressed them on the
 * way to the registry knows them by. Throws when `image` is an index.
 */
export function unpackedLayerDigests(image: ImageBytes): string[] {
  const { layers } = parseManifest(partOf(image, image.digest))
  if (layers === undefined) throw new Error(`${image.digest} is not an image manifest.`)
  return layers.map((layer) => {
    const bytes = partOf(image, layer.digest)
    return sha256Digest(layer.mediaType.endsWith('gzip') ? gunzipSync(bytes) : bytes)
  })
}

/** The digest of an image's config, by which docker and podman know the image. Throws when `image` is an index. */
export function configDigest(image: ImageBytes): string {
  const { config } = parseManifest(partOf(image, image.digest))
  if (config === undefined) throw new Error(`${image.digest} is not an image manifest.`)
  return config.digest
}

/** The bytes of one part. Throws when the image has no such part. */
export function partOf(image: ImageBytes, digest: string): Buffer {
  const bytes = image.parts.get(digest)
  if (bytes === undefined) throw new Error(`${digest} is not a part of ${image.digest}.`)
  return bytes
}

function addPart(parts: Map<string, Buffer>, digest: string, bytes: Buffer): void {
  const actual = sha256Digest(bytes)
  if (actual !== digest) throw new Error(`The bytes served as ${digest} have the digest ${actual}.`)
  parts.set(digest, bytes)
}
