import { type Digest, digestAlgorithm, digestHex } from '../../oci/digest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import type { Tag } from '../../oci/reference.ts'
import type { StoredManifest } from '../../storage/metadata/manifests.ts'
import type { ExportContents, ExportPart } from './export-contents.ts'
import type { ImageView } from './export-image.ts'
import type { ExportSource } from './export-source.ts'
import type { TarFile } from './write-tar.ts'

/** Under which name clients are to know the image; undefined for one that was asked for by digest. */
export interface ExportedName {
  /** Host and repository. */
  readonly pullName: string
  readonly tag: Tag
}

/** What an OCI image layout (image-spec image-layout.md) has beside its blobs. */
export function layoutFiles(
  root: StoredManifest,
  contents: Extract<ExportContents, { kind: 'contents' }>,
  name: ExportedName | undefined,
): TarFile[] {
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    manifests: [
      {
        mediaType: root.mediaType,
        digest: root.digest,
        size: root.bytes.length,
        ...(name !== undefined && { annotations: annotationsOf(name) }),
      },
      ...contents.referrers,
    ],
    // The layout allows for missing blobs; whoever gets an archive should not have to find out one by one.
    ...(contents.missingManifests.length > 0 && {
      annotations: { 'vnd.kontor.missing-manifests': contents.missingManifests.join(',') },
    }),
  }
  return [jsonFile('oci-layout', { imageLayoutVersion: '1.0.0' }), jsonFile('index.json', index)]
}

/** What `docker load` before version 25 and `podman load` read: one image, and the files of its parts. */
export function dockerManifestFile({ config, layers }: ImageView, name: ExportedName | undefined): TarFile {
  return jsonFile('manifest.json', [
    {
      Config: blobPath(config.digest),
      RepoTags: name === undefined ? [] : [`${name.pullName}:${name.tag}`],
      Layers: layers.map(({ digest }) => blobPath(digest)),
    },
  ])
}

/** The blobs of a layout, in order of digest. */
export function blobFiles(source: ExportSource, parts: readonly ExportPart[]): TarFile[] {
  const files = parts.map(({ kind, digest, sizeBytes }) => ({
    path: blobPath(digest),
    sizeBytes,
    read: () => (kind === 'manifest' ? source.readManifest(digest) : source.readBlob(digest)),
  }))
  return files.sort((one, other) => (one.path < other.path ? -1 : 1))
}

/** The first is of the image-spec (annotations.md), a tag; by the second containerd, docker and podman name an image. */
function annotationsOf({ pullName, tag }: ExportedName) {
  return { 'org.opencontainers.image.ref.name': tag, 'io.containerd.image.name': `${pullName}:${tag}` }
}

function jsonFile(path: string, value: unknown): TarFile {
  const bytes = Buffer.from(JSON.stringify(value))
  return {
    path,
    sizeBytes: bytes.length,
    async *read() {
      yield bytes
    },
  }
}

function blobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`
}
