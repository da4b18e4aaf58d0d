import { ArchiveRefusal, showName, showNames } from '../../oci/archive-refusal.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import { referencesOf } from '../registry/push-manifest.ts'
import { MAX_REFERENCES } from './archive-limits.ts'
import type { ArchivedFile } from './archived-file.ts'
import type { ArchivedImage, ArchivedImages, ArchivedManifest } from './archived-image.ts'

/** Indexes within indexes; real ones have one within another at most. */
const MAX_DEPTH = 8

/** What the repository has already, which need not be in an archive. */
export interface KnownContent {
  hasBlob(digest: Digest): Promise<boolean>
  hasManifest(digest: Digest): Promise<boolean>
}

/** Everything that is needed of an archive. */
export interface CollectedContent {
  /** What a manifest refers to comes before it. */
  readonly manifests: readonly ArchivedManifest[]
  /** Blobs that the repository lacks. */
  readonly added: readonly ArchivedFile[]
  /** Blobs that it has. */
  readonly known: readonly Digest[]
  /** Bytes of manifests and blobs under one of the manifests, each counted once. */
  sizeBytesOf(manifest: ArchivedManifest): number
}

/**
 * Follows images to all that they refer to, and to what refers to it.
 * @throws ArchiveRefusal when something is missing, or is not what it is said to be.
 */
export async function collectContent(
  archive: ArchivedImages,
  images: readonly ArchivedImage[],
  { known, allowSparseIndexes }: { readonly known: KnownContent; readonly allowSparseIndexes: boolean },
): Promise<CollectedContent> {
  const manifests = new Map<Digest, ArchivedManifest>()
  const visited = new Set<Digest>()
  const added = new Map<Digest, ArchivedFile>()
  const knownBlobs = new Set<Digest>()
  const missing = new Set<Digest>()
  let references = 0

  async function visit(manifest: ArchivedManifest, depth: number): Promise<void> {
    if (visited.has(manifest.digest)) return
    visited.add(manifest.digest)
    if (depth > MAX_DEPTH) throw invalid(`there are more than ${MAX_DEPTH} indexes within each other`)
    references += descriptorsOf(manifest).length
    if (references > MAX_REFERENCES) {
      throw new ArchiveRefusal('too-large', `the images refer to more than ${MAX_REFERENCES} blobs; split the archive`)
    }
    const required = requiredBy(manifest, allowSparseIndexes)
    for (const blob of blobsOf(manifest)) await visitBlob(blob, required)
    for (const descriptor of manifest.view.manifests) {
      const child = archive.findManifest(descriptor.digest, descriptor.mediaType)
      // What is no manifest may be a blob: so buildkit writes its caches.
      if (child === undefined) await visitBlob(descriptor, required)
      else {
        requireSize(descriptor, child.bytes.byteLength)
        await visit(child, depth + 1)
      }
    }
    manifests.set(manifest.digest, manifest)
    for (const referrer of archive.referrers.get(manifest.digest) ?? []) await visit(referrer, depth)
  }

  async function visitBlob(descriptor: Descriptor, required: ReadonlySet<Digest>): Promise<void> {
    const { digest } = descriptor
    if (added.has(digest) || knownBlobs.has(digest)) return
    const file = archive.findFile(digest)
    if (file !== undefined) requireSize(descriptor, file.sizeBytes)
    if (await known.hasBlob(digest)) knownBlobs.add(digest)
    else if (file !== undefined) added.set(digest, file)
    else if (required.has(digest) && !(await known.hasManifest(digest))) missing.add(digest)
  }

  for (const { root } of images) await visit(root, 0)
  if (missing.size > 0) throw incomplete([...missing])
  return {
    manifests: [...manifests.values()],
    added: [...added.values()],
    known: [...knownBlobs],
    sizeBytesOf: (manifest) => sizeBytesUnder(manifest, manifests),
  }
}

function blobsOf({ view }: ArchivedManifest): readonly Descriptor[] {
  return [...(view.config === undefined ? [] : [view.config]), ...view.layers]
}

function descriptorsOf(manifest: ArchivedManifest): readonly Descriptor[] {
  return [...blobsOf(manifest), ...manifest.view.manifests]
}

function requiredBy({ view }: ArchivedManifest, allowSparseIndexes: boolean): ReadonlySet<Digest> {
  const required = referencesOf(view, allowSparseIndexes).filter(({ isRequired }) => isRequired)
  return new Set(required.map(({ digest }) => digest))
}

function sizeBytesUnder(root: ArchivedManifest, manifests: ReadonlyMap<Digest, ArchivedManifest>): number {
  const counted = new Set<Digest>()
  const count = (digest: Digest, size: number): number => {
    if (counted.has(digest)) return 0
    counted.add(digest)
    const manifest = manifests.get(digest)
    if (manifest === undefined) return size
    return descriptorsOf(manifest).reduce((sum, child) => sum + count(child.digest, child.size), size)
  }
  return count(root.digest, root.bytes.byteLength)
}

function requireSize({ digest, size }: Descriptor, actualBytes: number): void {
  if (size === actualBytes) return
  throw invalid(`${showName(digest)} has ${actualBytes} bytes, and what refers to it says ${size}`)
}

function incomplete(missing: readonly Digest[]): ArchiveRefusal {
  const message =
    `neither the archive nor the repository has ${showNames(missing, 3)}, which the images refer to; make the archive ` +
    'of everything, or import one of its images with ?image='
  return new ArchiveRefusal('incomplete', message)
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', `${message}; make the archive again`)
}
