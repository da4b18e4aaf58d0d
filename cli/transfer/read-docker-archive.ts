import { createHash } from 'node:crypto'
import { ArchiveRefusal, showName } from '../../oci/archive-refusal.ts'
import { tagInName } from '../../oci/archived-names.ts'
import { type Digest, formatDigest, isDigest } from '../../oci/digest.ts'
import {
  type DockerListedImage,
  notInArchive,
  readDiffIds,
  readDockerList,
  writeImageManifest,
} from '../../oci/docker-list.ts'
import { layoutBlobPath } from '../../oci/layout-files.ts'
import { parseManifest } from '../../oci/manifest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import type { RemoteManifest } from '../registry/manifests.ts'
import type { Documents } from './archive-documents.ts'
import type { ArchivedPlace, ArchiveFile } from './archive-file.ts'
import { readArchivedBlob } from './archived-blob.ts'
import { type ArchivedImage, groupByRoot, type ImageArchive } from './archived-image.ts'
import { isCompressed, MAGIC_BYTES } from './compression.ts'

/**
 * Reads what an archive of `docker save` says of itself. It has no manifests: each image gets the one that a Kontor would
 * give it. Its layers are not compressed, and so are what the configuration says of them: nothing of them is read here.
 * @throws ArchiveRefusal when it is none, and for compressed layers.
 */
export async function readDocker(archive: ArchiveFile, documents: Documents): Promise<ImageArchive> {
  const places = new Map<Digest, ArchivedPlace>()
  const manifests = new Map<string, RemoteManifest>()

  async function readImage({ config, layers, names }: DockerListedImage): Promise<ArchivedImage> {
    const configName = targetOf(archive, config)
    const bytes = await documents.read(configName)
    if (bytes === undefined) throw notInArchive(config)
    const diffIds = readDiffIds(bytes, config, layers.length)
    const measured = [place(configName, sha256(bytes))]
    for (const [position, layer] of layers.entries()) {
      const name = targetOf(archive, layer)
      const digest = diffIds[position] ?? ''
      if (!isDigest(digest) || !digest.startsWith('sha256:')) throw invalid(`${showName(digest)} is no layer's digest`)
      const found = place(name, digest)
      const beginning = await archive.read(found.place, 0, MAGIC_BYTES)
      if (isCompressed(beginning)) throw invalid(`the layer ${showName(layer)} is compressed`)
      measured.push(found)
    }
    for (const found of measured) places.set(found.digest, found.place)
    const root = manifestOf(measured)
    manifests.set(root.digest, root)
    return { root, names, tags: names.map(tagInName).filter((tag) => tag !== undefined) }
  }

  function place(name: string, digest: Digest) {
    const found = archive.places.get(name)
    if (found === undefined) throw notInArchive(name)
    // What is called by a digest must be that.
    if (name.startsWith('blobs/') && name !== layoutBlobPath(digest)) throw invalid(`${showName(name)} is ${digest}`)
    return { digest, size: found.sizeBytes, place: found }
  }

  const images: ArchivedImage[] = []
  for (const listed of readDockerList(await documents.read('manifest.json'))) images.push(await readImage(listed))
  return {
    images: groupByRoot(images),
    placeOf: (digest) => places.get(digest),
    source: {
      url: undefined,
      name: archive.path,
      manifests: { find: async (reference) => manifests.get(reference) },
      referrers: async () => [],
      download: (blob, { from }) => readArchivedBlob(archive, blob, places.get(blob.digest), from),
    },
  }
}

function targetOf({ links }: ArchiveFile, name: string): string {
  return links.get(name) ?? name
}

function manifestOf(files: readonly { readonly digest: Digest; readonly size: number }[]): RemoteManifest {
  const [config, ...layers] = files
  if (config === undefined) throw new Error('an image without a configuration was read')
  const bytes = Buffer.from(
    writeImageManifest(
      config,
      layers.map((layer) => ({ ...layer, compression: 'none' as const })),
    ),
  )
  const view = parseManifest(bytes, MEDIA_TYPES.ociManifest)
  return { digest: sha256(bytes), mediaType: view.mediaType, bytes, view }
}

function sha256(bytes: Uint8Array): Digest {
  return formatDigest('sha256', createHash('sha256').update(bytes).digest('hex'))
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}
