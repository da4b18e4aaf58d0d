import { ArchiveRefusal, showName } from '../../oci/archive-refusal.ts'
import { namesInLayout } from '../../oci/archived-names.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import { readArchivedManifest, readLayoutIndex, requireLayoutVersion } from '../../oci/layout-files.ts'
import { isManifestMediaType } from '../../oci/media-types.ts'
import type { ArchivedFile, ReadArchive } from './archived-file.ts'
import { type ArchivedImage, type ArchivedImages, type ArchivedManifest, groupByRoot } from './archived-image.ts'

/**
 * Reads what an OCI image layout says of itself.
 * @throws ArchiveRefusal when it is none, or says something that is not so.
 */
export function readOciLayout({ files, contents }: ReadArchive): ArchivedImages {
  requireLayoutVersion(contents['oci-layout'])
  const byDigest = new Map<Digest, ArchivedFile>()
  for (const file of files.values()) byDigest.set(file.digest, file)
  const parsed = new Map<Digest, ArchivedManifest>()

  function findManifest(digest: Digest, mediaType: string): ArchivedManifest | undefined {
    const file = byDigest.get(digest)
    if (file === undefined || !isManifestMediaType(mediaType)) return undefined
    const manifest = parsed.get(digest) ?? readManifest(file, mediaType)
    parsed.set(digest, manifest)
    return manifest
  }

  const roots = readLayoutIndex(contents['index.json'])
    .manifests.filter(({ mediaType }) => isManifestMediaType(mediaType))
    .flatMap((descriptor) => {
      const root = findManifest(descriptor.digest, descriptor.mediaType)
      if (root === undefined) throw absent(descriptor)
      const { names, tags } = namesInLayout(descriptor.annotations)
      return [{ root, names, tags }]
    })
  const grouped = groupByRoot(roots)
  const isReferrer = ({ root }: ArchivedImage) =>
    root.view.subject !== undefined && byDigest.has(root.view.subject.digest)
  return {
    format: 'oci-layout',
    images: grouped.filter((image) => !isReferrer(image)),
    referrers: bySubject(grouped.filter(isReferrer).map(({ root }) => root)),
    findManifest,
    findFile: (digest) => byDigest.get(digest),
  }
}

function readManifest({ name, digest, content }: ArchivedFile, mediaType: string): ArchivedManifest {
  if (content.kind !== 'document') throw invalid(`${showName(name)} should be a manifest, and is none`)
  return { digest, bytes: content.bytes, view: readArchivedManifest(content.bytes, mediaType, name) }
}

function bySubject(referrers: readonly ArchivedManifest[]): ReadonlyMap<Digest, readonly ArchivedManifest[]> {
  const grouped = new Map<Digest, ArchivedManifest[]>()
  for (const referrer of referrers) {
    const subject = referrer.view.subject?.digest
    if (subject === undefined) continue
    grouped.set(subject, [...(grouped.get(subject) ?? []), referrer])
  }
  return grouped
}

function absent({ digest }: Descriptor): ArchiveRefusal {
  return new ArchiveRefusal('incomplete', `index.json names ${digest}, which is not in the archive; make it again`)
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}
