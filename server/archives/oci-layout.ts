import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import { type ManifestView, parseManifest } from '../../oci/manifest.ts'
import { isManifestMediaType, MEDIA_TYPES } from '../../oci/media-types.ts'
import { isTag, type Tag } from '../../oci/reference.ts'
import { ArchiveRefusal, showName } from './archive-refusal.ts'
import type { ArchivedFile, ReadArchive } from './archived-file.ts'
import {
  type ArchivedImage,
  type ArchivedImages,
  type ArchivedManifest,
  groupByRoot,
  tagInName,
} from './archived-image.ts'
import { isObject, parseJson } from './json-document.ts'

/** "The name of the reference for a target" (image-spec annotations.md): a tag, though podman writes a whole name. */
const REF_NAME = 'org.opencontainers.image.ref.name'
/** The whole name, as containerd, buildkit and docker write it. */
const IMAGE_NAME = 'io.containerd.image.name'

/** The only version there is (image-spec image-layout.md). */
const LAYOUT_VERSION = '1.0.0'

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

  const roots = readIndex(contents['index.json'])
    .manifests.filter(({ mediaType }) => isManifestMediaType(mediaType))
    .flatMap((descriptor) => {
      const root = findManifest(descriptor.digest, descriptor.mediaType)
      if (root === undefined) throw absent(descriptor)
      return [{ root, ...namesIn(descriptor) }]
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

function requireLayoutVersion(bytes: Buffer | undefined): void {
  if (bytes === undefined) throw invalid('there is an index.json, but no file oci-layout; pack the whole folder')
  const layout = parseJson(bytes, 'oci-layout')
  const version = isObject(layout) ? layout['imageLayoutVersion'] : undefined
  if (version === LAYOUT_VERSION) return
  throw invalid(`the version of the layout must be ${LAYOUT_VERSION} (imageLayoutVersion in the file oci-layout)`)
}

function readIndex(bytes: Buffer | undefined): ManifestView {
  if (bytes === undefined) throw invalid('there is a file oci-layout, but no index.json; pack the whole folder')
  return parseNamed(bytes, MEDIA_TYPES.ociIndex, 'index.json')
}

function readManifest({ name, digest, content }: ArchivedFile, mediaType: string): ArchivedManifest {
  if (content.kind !== 'document') throw invalid(`${showName(name)} should be a manifest, and is none`)
  return { digest, bytes: content.bytes, view: parseNamed(content.bytes, mediaType, name) }
}

function parseNamed(bytes: Buffer, mediaType: string, name: string): ManifestView {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (error instanceof RegistryError) throw invalid(`${showName(name)}: ${error.message}`)
    throw error
  }
}

function namesIn({ annotations = {} }: Descriptor): {
  readonly names: readonly string[]
  readonly tags: readonly Tag[]
} {
  const whole = annotations[IMAGE_NAME]
  const reference = annotations[REF_NAME]
  const names = [whole, reference].filter((name) => name !== undefined)
  const ownTag = reference !== undefined && isTag(reference) ? reference : tagInName(reference ?? '')
  const tag = ownTag ?? tagInName(whole ?? '')
  return { names, tags: tag === undefined ? [] : [tag] }
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
