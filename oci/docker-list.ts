import { ArchiveRefusal, showName } from './archive-refusal.ts'
import type { Descriptor } from './descriptor.ts'
import { isListOfStrings, isObject, parseJson } from './json-document.ts'
import { MEDIA_TYPES } from './media-types.ts'

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'

/** How a layer is compressed, and what it is then. */
const LAYER_TYPES = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const

/** docker's word for an image without a name. */
const NO_NAME = '<none>:<none>'

/** One image as `manifest.json` of `docker save` lists it; all names are those of files in the archive. */
export interface DockerListedImage {
  readonly config: string
  readonly layers: readonly string[]
  /** As in `acme/web:1.2`. */
  readonly names: readonly string[]
}

/** Reads `manifest.json`. @throws ArchiveRefusal when it is something else. */
export function readDockerList(bytes: Uint8Array | undefined): readonly DockerListedImage[] {
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

/** The answer to a list that names a file which is not there. */
export function notInArchive(name: string): ArchiveRefusal {
  const message = `manifest.json names ${showName(name)}, which is not in the archive; make it again`
  return new ArchiveRefusal('incomplete', message)
}

/**
 * What a configuration says that the layers of its image are, without their compression (image-spec config.md, rootfs).
 * @param configName of its file, for the message.
 * @param layers how many of them the list speaks of.
 * @throws ArchiveRefusal for what is no configuration, and for one that speaks of another number.
 */
export function readDiffIds(config: Uint8Array | undefined, configName: string, layers: number): readonly string[] {
  const diffIds = config && diffIdsIn(parseJson(config, configName))
  if (diffIds === undefined) throw invalid(`${showName(configName)} should be an image configuration, and is none`)
  if (diffIds.length === layers) return diffIds
  throw invalid(`${showName(configName)} speaks of ${diffIds.length} layers, manifest.json of ${layers}`)
}

function diffIdsIn(config: unknown): readonly string[] | undefined {
  const rootfs = isObject(config) ? config['rootfs'] : undefined
  // An image without layers may leave the list out.
  const diffIds = isObject(rootfs) ? (rootfs['diff_ids'] ?? []) : undefined
  return isListOfStrings(diffIds) ? diffIds : undefined
}

type Measured = Pick<Descriptor, 'digest' | 'size'>

/** Writes the manifest that such an archive lacks: always the same for the same image. */
export function writeImageManifest(
  config: Measured,
  layers: readonly (Measured & { readonly compression: keyof typeof LAYER_TYPES })[],
): Uint8Array {
  const describe = ({ digest, size }: Measured, mediaType: string) => ({ mediaType, digest, size })
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: describe(config, CONFIG_TYPE),
    layers: layers.map((layer) => describe(layer, LAYER_TYPES[layer.compression])),
  }
  return new TextEncoder().encode(JSON.stringify(manifest))
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}
