import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { digestOf, OCI_INDEX, OCI_MANIFEST } from './server.ts'

const BLOCK_BYTES = 512
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar'

/** An entry of a tar archive, as right or as wrong as a test wants it. */
export interface TarEntryOptions {
  readonly name: string
  readonly content?: Uint8Array | string
  /** `0` is a file, `5` a directory, `2` a symbolic link … */
  readonly typeFlag?: string
  readonly linkName?: string
  /** The size that the header tells, where that is not the content's: a number, or the field as it is written. */
  readonly toldSize?: number | string
}

/** A tar archive (ustar) with its end, unless that is left out. */
export function tarOf(entries: readonly TarEntryOptions[], { hasEnd = true } = {}): Buffer {
  const end = hasEnd ? [Buffer.alloc(2 * BLOCK_BYTES)] : []
  return Buffer.concat([...entries.flatMap(tarEntry), ...end])
}

/** The blocks of one entry. */
export function tarEntry({ name, content = '', typeFlag = '0', linkName = '', toldSize }: TarEntryOptions): Buffer[] {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(BLOCK_BYTES)
  const size = toldSize ?? bytes.length
  header.write(name, 0, 100, 'utf8')
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(typeof size === 'string' ? size : `${size.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1')
  header.write('00000000000\0', 136)
  header.write(typeFlag, 156)
  header.write(linkName, 157, 100, 'utf8')
  header.write('ustar\x0000', 257)
  return [sealed(header), bytes, Buffer.alloc((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES)]
}

/** A header with the checksum that it needs. */
export function sealed(header: Buffer): Buffer {
  header.write('        ', 148)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** One record of an extended header. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  let length = bytes
  while (length !== String(length).length + bytes) length = String(length).length + bytes
  return `${length}${rest}`
}

/** Zstandard that stores bytes as they are: it needs no compressor, and Node 20 has none. */
export function zstdStored(bytes: Uint8Array): Buffer {
  const blocks: Buffer[] = []
  for (let start = 0; start === 0 || start < bytes.length; start += 64 * 1024) {
    const block = bytes.subarray(start, start + 64 * 1024)
    const isLast = start + block.length >= bytes.length
    blocks.push(zstdBlockHeader('raw', block.length, isLast), Buffer.from(block))
  }
  return Buffer.concat([zstdFrameHeader(), ...blocks])
}

/** The beginning of a frame with a window of so many bytes, a power of two. */
export function zstdFrameHeader(windowBytes = 1024 * 1024): Buffer {
  return Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0, (Math.log2(windowBytes) - 10) << 3)
}

export function zstdBlockHeader(kind: 'raw' | 'repeated' | 'compressed', size: number, isLast: boolean): Buffer {
  const header = Buffer.alloc(3)
  const type = { raw: 0, repeated: 1, compressed: 2 }[kind]
  header.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3)
  return header
}

export const COMPRESSIONS = {
  plain: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes),
  zstd: zstdStored,
} as const

/** An image, before it is in an archive of any kind. */
export interface ArchivedTestImage {
  readonly config: string
  readonly layers: readonly Buffer[]
  readonly manifest: string
  readonly digest: string
}

/** An image with some layers; the same for the same text. */
export function archivedImage(
  text: string,
  { layers = 2, architecture = 'amd64', layerBytes = 3000 } = {},
): ArchivedTestImage {
  const contents = Array.from({ length: layers }, (_, index) =>
    Buffer.from(`${text} ${index} `.repeat(layerBytes).slice(0, layerBytes)),
  )
  return imageOf(contents, architecture)
}

/** An image with layers that cannot be compressed. */
export function randomImage(layers: number, layerBytes: number): ArchivedTestImage {
  return imageOf(
    Array.from({ length: layers }, () => randomBytes(layerBytes)),
    'amd64',
  )
}

function imageOf(layers: readonly Buffer[], architecture: string): ArchivedTestImage {
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
  })
  const describe = (mediaType: string, bytes: Uint8Array | string) => ({
    mediaType,
    digest: digestOf(bytes),
    size: Buffer.byteLength(bytes),
  })
  // Spaces, so that whoever writes it anew is found out.
  const manifest = JSON.stringify(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: describe(CONFIG_TYPE, config),
      layers: layers.map((layer) => describe(LAYER_TYPE, layer)),
    },
    undefined,
    3,
  )
  return { config, layers, manifest, digest: digestOf(manifest) }
}

/** An index of images. */
export function archivedIndex(images: readonly { readonly manifest: string; readonly digest: string }[]): {
  manifest: string
  digest: string
} {
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: images.map(manifestDescriptor) })
  return { manifest, digest: digestOf(manifest) }
}

function manifestDescriptor({ manifest, digest }: { manifest: string; digest: string }) {
  return { mediaType: JSON.parse(manifest).mediaType, digest, size: Buffer.byteLength(manifest) }
}

/** The name that a layout has for a blob. */
export function blobName(bytes: Uint8Array | string): string {
  return `blobs/${digestOf(bytes).replace(':', '/')}`
}

/** The entries of images in a layout. */
export function blobEntries(images: readonly ArchivedTestImage[]): TarEntryOptions[] {
  const contents = images.flatMap(({ config, layers, manifest }) => [...layers, config, manifest])
  const named = new Map(contents.map((content) => [blobName(content), content]))
  return [...named].map(([name, content]) => ({ name, content }))
}

export const LAYOUT_FILE: TarEntryOptions = {
  name: 'oci-layout',
  content: JSON.stringify({ imageLayoutVersion: '1.0.0' }),
}

/** `index.json` with some manifests, each under the annotations it is given. */
export function indexEntry(
  roots: readonly {
    readonly image: { manifest: string; digest: string }
    readonly annotations?: Record<string, string>
  }[],
): TarEntryOptions {
  const manifests = roots.map(({ image, annotations }) => ({ ...manifestDescriptor(image), annotations }))
  return { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) }
}

export function refName(tag: string): Record<string, string> {
  return { 'org.opencontainers.image.ref.name': tag }
}

/** An OCI layout with one image under a tag. */
export function ociLayout(image: ArchivedTestImage, tag: string): TarEntryOptions[] {
  return [LAYOUT_FILE, indexEntry([{ image, annotations: refName(tag) }]), ...blobEntries([image])]
}

/** The entries of an archive as `docker save` wrote it before it knew layouts. */
export function dockerArchive(
  images: readonly { readonly image: ArchivedTestImage; readonly repoTags: readonly string[] | null }[],
): TarEntryOptions[] {
  const layerName = (layer: Buffer) => `${digestOf(layer).slice(7)}/layer.tar`
  const configName = (image: ArchivedTestImage) => `${digestOf(image.config).slice(7)}.json`
  const files = new Map<string, Buffer | string>()
  for (const { image } of images) {
    for (const layer of image.layers) files.set(layerName(layer), layer)
    files.set(configName(image), image.config)
  }
  const list = images.map(({ image, repoTags }) => ({
    Config: configName(image),
    RepoTags: repoTags,
    Layers: image.layers.map(layerName),
  }))
  return [
    ...[...files].map(([name, content]) => ({ name, content })),
    { name: 'manifest.json', content: JSON.stringify(list) },
  ]
}
