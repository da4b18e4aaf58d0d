import { createHash } from 'node:crypto'
import { type Digest, formatDigest } from '../../oci/digest.ts'
import { parseManifest } from '../../oci/manifest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import { ArchiveRefusal, showName } from './archive-refusal.ts'
import type { ArchivedFile, ReadArchive } from './archived-file.ts'
import {
  type ArchivedImage,
  type ArchivedImages,
  type ArchivedManifest,
  groupByRoot,
  tagInName,
} from './archived-image.ts'
import type { Compression } from './decompress.ts'
import { isListOfStrings, isObject, parseJson } from './json-document.ts'

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'

const LAYER_TYPES: Readonly<Record<Compression, string>> = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
}

/** docker's word for an image without a name. */
const NO_NAME = '<none>:<none>'

/** One image as `manifest.json` lists it; all names are those of files in the archive. */
interface ListedImage {
  readonly config: string
  readonly layers: readonly string[]
  readonly names: readonly string[]
}

/**
 * Reads what an archive of `docker save` says of itself. It has no manifests: each image gets one, always the same for
 * the same image.
 * @throws ArchiveRefusal when it is none, or when its layers are not those of its configurations.
 */
export function readDockerArchive(archive: ReadArchive): ArchivedImages {
  const manifests = new Map<Digest, ArchivedManifest>()
  const byDigest = new Map<Digest, ArchivedFile>()
  const images = readList(archive.contents['manifest.json']).map(({ config, layers, names }): ArchivedImage => {
    const files = [requireFile(archive, config), ...layers.map((layer) => requireFile(archive, layer))]
    for (const file of files) byDigest.set(file.digest, file)
    const [configFile, ...layerFiles] = files
    if (configFile === undefined) throw new Error('an image without a configuration was read')
    requireDiffIds(configFile, layerFiles)
    const root = writeManifest(configFile, layerFiles)
    manifests.set(root.digest, root)
    return { root, names, tags: names.map(tagInName).filter((tag) => tag !== undefined) }
  })
  return {
    format: 'docker-archive',
    images: groupByRoot(images),
    referrers: new Map(),
    findManifest: (digest) => manifests.get(digest),
    findFile: (digest) => byDigest.get(digest),
  }
}

function readList(bytes: Buffer | undefined): readonly ListedImage[] {
  const list = bytes && parseJson(bytes, 'manifest.json')
  if (!Array.isArray(list)) throw invalid('manifest.json must be a list of images')
  return list.map((entry: unknown, position) => {
    const { Config: config, Layers: layers, RepoTags: names } = isObject(entry) ? entry : {}
    // Go writes an empty list as null.
    const isListed = typeof config === 'string' && isListOfStrings(layers ?? []) && isListOfStrings(names ?? [])
    if (!isListed) throw invalid(`manifest.json[${position}] must have Config, Layers and RepoTags`)
    return {
      config,
      layers: isListOfStrings(layers) ? layers : [],
      names: (isListOfStrings(names) ? names : []).filter((name) => name !== NO_NAME),
    }
  })
}

function requireFile({ files, links }: ReadArchive, name: string): ArchivedFile {
  const file = files.get(links.get(name) ?? name)
  if (file !== undefined) return file
  throw new ArchiveRefusal(
    'incomplete',
    `manifest.json names ${showName(name)}, which is not in the archive; make it again`,
  )
}

/** A configuration says what its layers are without their compression (image-spec config.md, rootfs). */
function requireDiffIds(config: ArchivedFile, layers: readonly ArchivedFile[]): void {
  const diffIds =
    config.content.kind === 'document' ? diffIdsIn(parseJson(config.content.bytes, config.name)) : undefined
  if (diffIds === undefined) throw invalid(`${showName(config.name)} should be an image configuration, and is none`)
  if (diffIds.length !== layers.length) {
    throw invalid(`${showName(config.name)} speaks of ${diffIds.length} layers, manifest.json of ${layers.length}`)
  }
  for (const [position, { name, diffId }] of layers.entries()) {
    if (diffId === diffIds[position]) continue
    if (diffId !== undefined) {
      throw invalid(
        `the layer ${showName(name)} is ${diffId}, not ${showName(diffIds[position] ?? '')}; make the archive again`,
      )
    }
    throw invalid(`the layer ${showName(name)} is compressed, and the manifest that says so is not in the archive`)
  }
}

function diffIdsIn(config: unknown): readonly string[] | undefined {
  const rootfs = isObject(config) ? config['rootfs'] : undefined
  // An image without layers may leave the list out.
  const diffIds = isObject(rootfs) ? (rootfs['diff_ids'] ?? []) : undefined
  return isListOfStrings(diffIds) ? diffIds : undefined
}

function writeManifest(config: ArchivedFile, layers: readonly ArchivedFile[]): ArchivedManifest {
  const describe = ({ digest, sizeBytes }: ArchivedFile, mediaType: string) => ({ mediaType, digest, size: sizeBytes })
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: describe(config, CONFIG_TYPE),
    layers: layers.map((layer) => describe(layer, LAYER_TYPES[layer.compression])),
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const digest = formatDigest('sha256', createHash('sha256').update(bytes).digest('hex'))
  return { digest, bytes, view: parseManifest(bytes, MEDIA_TYPES.ociManifest) }
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}
