import { createHash } from 'node:crypto'
import { ArchiveRefusal, showName } from '../../oci/archive-refusal.ts'
import { tagInName } from '../../oci/archived-names.ts'
import { type Digest, formatDigest } from '../../oci/digest.ts'
import { notInArchive, readDiffIds, readDockerList, writeImageManifest } from '../../oci/docker-list.ts'
import { parseManifest } from '../../oci/manifest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import type { ArchivedFile, ReadArchive } from './archived-file.ts'
import { type ArchivedImage, type ArchivedImages, type ArchivedManifest, groupByRoot } from './archived-image.ts'

/**
 * Reads what an archive of `docker save` says of itself. It has no manifests: each image gets one, always the same for
 * the same image.
 * @throws ArchiveRefusal when it is none, or when its layers are not those of its configurations.
 */
export function readDockerArchive(archive: ReadArchive): ArchivedImages {
  const manifests = new Map<Digest, ArchivedManifest>()
  const byDigest = new Map<Digest, ArchivedFile>()
  const images = readDockerList(archive.contents['manifest.json']).map(({ config, layers, names }): ArchivedImage => {
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

function requireFile({ files, links }: ReadArchive, name: string): ArchivedFile {
  const file = files.get(links.get(name) ?? name)
  if (file !== undefined) return file
  throw notInArchive(name)
}

function requireDiffIds({ name, content }: ArchivedFile, layers: readonly ArchivedFile[]): void {
  const diffIds = readDiffIds(content.kind === 'document' ? content.bytes : undefined, name, layers.length)
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

function writeManifest(config: ArchivedFile, layers: readonly ArchivedFile[]): ArchivedManifest {
  const measured = ({ digest, sizeBytes, compression }: ArchivedFile) => ({ digest, size: sizeBytes, compression })
  const bytes = writeImageManifest(measured(config), layers.map(measured))
  const digest = formatDigest('sha256', createHash('sha256').update(bytes).digest('hex'))
  return { digest, bytes, view: parseManifest(bytes, MEDIA_TYPES.ociManifest) }
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}
