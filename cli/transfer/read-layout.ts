import { createHash } from 'node:crypto'
import { ArchiveRefusal, showName } from '../../oci/archive-refusal.ts'
import { namesInLayout } from '../../oci/archived-names.ts'
import { type Digest, digestAlgorithm, formatDigest, isDigest } from '../../oci/digest.ts'
import { layoutBlobPath, readArchivedManifest, readLayoutIndex, requireLayoutVersion } from '../../oci/layout-files.ts'
import { isManifestMediaType } from '../../oci/media-types.ts'
import type { RemoteManifest } from '../registry/manifests.ts'
import type { Documents } from './archive-documents.ts'
import type { ArchiveFile } from './archive-file.ts'
import { readArchivedBlob } from './archived-blob.ts'
import { type ArchivedImage, groupByRoot, type ImageArchive } from './archived-image.ts'

/**
 * Reads what an OCI image layout says of itself. Its manifests are compared with their digests as they are read.
 * @throws ArchiveRefusal when it is none, or lacks what it names.
 */
export async function readLayout(archive: ArchiveFile, documents: Documents): Promise<ImageArchive> {
  requireLayoutVersion(await documents.read('oci-layout'))
  const index = readLayoutIndex(await documents.read('index.json'))
  const known = new Map<Digest, RemoteManifest>()

  async function find(digest: Digest, mediaType?: string): Promise<RemoteManifest | undefined> {
    const before = known.get(digest)
    if (before !== undefined) return before
    const name = layoutBlobPath(digest)
    const bytes = await documents.read(name)
    if (bytes === undefined) return undefined
    const algorithm = digestAlgorithm(digest)
    const actual = formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'))
    if (actual !== digest) throw invalid(`the bytes of ${showName(name)} are ${actual}; it is damaged, make it again`)
    const view = readArchivedManifest(bytes, mediaType, name)
    const manifest = { digest, mediaType: view.mediaType, bytes, view }
    known.set(digest, manifest)
    return manifest
  }

  const named: ArchivedImage[] = []
  for (const { digest, mediaType, annotations } of index.manifests) {
    if (!isManifestMediaType(mediaType)) continue
    const root = await find(digest, mediaType)
    if (root === undefined) {
      throw new ArchiveRefusal('incomplete', `index.json names ${digest}, which is not in the archive; make it again`)
    }
    const { wholeNames, tags } = namesInLayout(annotations)
    named.push({ root, names: wholeNames, tags })
  }
  const roots = groupByRoot(named)
  const tagged = new Map(roots.flatMap(({ root, tags }) => tags.map((tag) => [tag, root] as const)))
  const placeOf = (digest: Digest) => archive.places.get(layoutBlobPath(digest))
  const subjectOf = ({ root }: ArchivedImage) => root.view.subject?.digest
  return {
    images: roots.filter((image) => {
      const subject = subjectOf(image)
      return subject === undefined || placeOf(subject) === undefined
    }),
    placeOf,
    source: {
      url: undefined,
      name: archive.path,
      manifests: { find: async (reference) => (isDigest(reference) ? find(reference) : tagged.get(reference)) },
      referrers: async (subject) =>
        roots
          .filter((image) => subjectOf(image) === subject)
          .map(({ root: { digest, mediaType, bytes } }) => ({ digest, mediaType, size: bytes.length })),
      download: (blob, { from }) => readArchivedBlob(archive, blob, placeOf(blob.digest), from),
    },
  }
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}
