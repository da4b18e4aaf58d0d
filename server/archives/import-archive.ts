import { ArchiveRefusal } from '../../oci/archive-refusal.ts'
import { type Digest, digestAlgorithm } from '../../oci/digest.ts'
import type { Tag } from '../../oci/reference.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import type { BlobLinkStore } from '../../storage/metadata/blob-links.ts'
import type { ManifestStore } from '../../storage/metadata/manifests.ts'
import type { Place } from '../../storage/metadata/repositories.ts'
import type { Caller } from '../access/caller.ts'
import { createCommitBlob } from '../registry/commit-blob.ts'
import type { PushManifest } from '../registry/push-manifest.ts'
import type { UploadHolds } from '../registry/upload-holds.ts'
import { type ArchiveLimits, MAX_KEPT_BY_ALL_BYTES } from './archive-limits.ts'
import type { ArchivedFile } from './archived-file.ts'
import type { ArchivedImage, ArchivedImages, ArchivedManifest } from './archived-image.ts'
import { chooseImages, type ImageChoice } from './choose-images.ts'
import { type CollectedContent, collectContent, type KnownContent } from './collect-content.ts'
import { readDockerArchive } from './docker-archive.ts'
import { createMemoryBudget } from './memory-budget.ts'
import { readOciLayout } from './oci-layout.ts'
import { type OpenArchive, readArchive } from './read-archive.ts'
import { createStaging, type Staging } from './staging.ts'

/** Where an archive goes, and what of it. */
export interface ImportRequest extends ImageChoice {
  readonly place: Place
}

/** What an import came to. */
export interface ImportedArchive {
  readonly format: ArchivedImages['format']
  readonly images: readonly ImportedImage[]
  /** How many blobs were added to the repository, and how many it had already. */
  readonly blobs: { readonly added: number; readonly known: number }
  /** What the client should be told although the import succeeded. */
  readonly warnings: readonly string[]
}

export interface ImportedImage {
  readonly digest: Digest
  readonly mediaType: string
  /** Bytes of everything under it. */
  readonly sizeBytes: number
  /** Which point to it from now on. */
  readonly tags: readonly Tag[]
  /** What it was called in the archive. */
  readonly names: readonly string[]
}

/** An archive that was read to its end. Nothing of it is visible yet; it must be closed. */
export interface StagedArchive {
  /**
   * Checks everything, and only then adds it to the repository: blobs, manifests, tags, in this order. Repeating it
   * after a failure in the middle does no harm.
   * @throws ArchiveRefusal before anything was added; RegistryError as a push of the same.
   */
  addTo(request: ImportRequest, caller: Caller): Promise<ImportedArchive>
  /** Throws away what was not added. */
  close(): Promise<void>
}

/** The import of archives. */
export interface ImportArchive {
  /**
   * Reads an archive, its layers straight into the blob store.
   * @throws ArchiveRefusal, or what `source` throws; then nothing is left of it.
   */
  stage(source: AsyncIterable<Uint8Array>): Promise<StagedArchive>
  /** Waits for all imports under way. */
  settle(): Promise<void>
}

interface Deps {
  readonly blobs: Pick<BlobStore, 'stat' | 'startUpload' | 'findUpload'>
  readonly uploadHolds: UploadHolds
  readonly blobLinks: Pick<BlobLinkStore, 'find' | 'linkUploaded'>
  readonly manifests: Pick<ManifestStore, 'resolve'>
  readonly pushManifest: PushManifest
  readonly allowSparseIndexes: boolean
  readonly limits: ArchiveLimits
}

export function createImportArchive(deps: Deps): ImportArchive {
  const memory = createMemoryBudget(MAX_KEPT_BY_ALL_BYTES)
  const underWay = new Set<Promise<unknown>>()

  function track<T>(work: Promise<T>): Promise<T> {
    const ended = work.catch(() => {}).finally(() => underWay.delete(ended))
    underWay.add(ended)
    return work
  }

  async function stage(source: AsyncIterable<Uint8Array>): Promise<StagedArchive> {
    const staging = createStaging(deps)
    try {
      const archive = await readArchive(source, { staging, limits: deps.limits, memory })
      return {
        addTo: (request, caller) => track(addArchive(deps, { archive, staging }, request, caller)),
        close() {
          archive.close()
          return track(staging.discardAll())
        },
      }
    } catch (error) {
      await staging.discardAll()
      throw error
    }
  }

  return {
    stage: (source) => track(stage(source)),
    async settle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

async function addArchive(
  deps: Deps,
  { archive, staging }: { readonly archive: OpenArchive; readonly staging: Staging },
  request: ImportRequest,
  caller: Caller,
): Promise<ImportedArchive> {
  const repository = request.place.name
  const { format, images, content } = await readImages(archive, request, deps)
  await addBlobs(content.added, { deps, staging, repository, caller })
  const warnings = await addManifests(content.manifests, images, (manifest, tags) => {
    const { digest, bytes, view } = manifest
    const reference = { kind: 'digest', digest } as const
    return deps.pushManifest({ repository, reference, tags, contentType: view.mediaType, bytes }, caller)
  })
  return {
    format,
    images: images.map(({ root, names, tags }) => ({
      digest: root.digest,
      mediaType: root.view.mediaType,
      sizeBytes: content.sizeBytesOf(root),
      tags,
      names,
    })),
    blobs: { added: content.added.length, known: content.known.length },
    warnings,
  }
}

interface ReadImages {
  readonly format: ArchivedImages['format']
  readonly images: readonly ArchivedImage[]
  readonly content: CollectedContent
}

/** docker has written both kinds into one archive since version 25: the layout then keeps what `manifest.json` loses. */
async function readImages(archive: OpenArchive, request: ImportRequest, deps: Deps): Promise<ReadImages> {
  const known = knownTo(request, deps)
  const { allowSparseIndexes } = deps
  const read = async (contents: ArchivedImages): Promise<ReadImages> => {
    const images = chooseImages(contents.images, request)
    return {
      format: contents.format,
      images,
      content: await collectContent(contents, images, { known, allowSparseIndexes }),
    }
  }
  const { 'oci-layout': layout, 'index.json': index, 'manifest.json': list } = archive.contents
  if (list === undefined && layout === undefined && index === undefined) throw noImages()
  if (list === undefined) {
    if (archive.links.size === 0) return read(readOciLayout(archive))
    throw new ArchiveRefusal('invalid', 'there are links in the archive, and an OCI layout has none; make it again')
  }
  if (layout === undefined || index === undefined) return read(readDockerArchive(archive))
  try {
    return await read(readOciLayout(archive))
  } catch (refusal) {
    // An index may name images of other platforms that were never on the machine that made the archive.
    if (!(refusal instanceof ArchiveRefusal && refusal.kind === 'incomplete')) throw refusal
    try {
      return await read(readDockerArchive(archive))
    } catch (error) {
      throw error instanceof ArchiveRefusal ? refusal : error
    }
  }
}

function knownTo({ place }: ImportRequest, { blobs, blobLinks, manifests }: Deps): KnownContent {
  const { repository } = place
  return {
    async hasBlob(digest) {
      const linked = repository && (await blobLinks.find(repository.id, digest))
      // One that is damaged is healed by being added again.
      return linked !== undefined && (await blobs.stat(digest))?.size === linked.size
    },
    async hasManifest(digest) {
      const found = repository && (await manifests.resolve(repository.id, { kind: 'digest', digest }))
      return found !== undefined
    },
  }
}

async function addBlobs(
  files: readonly ArchivedFile[],
  { deps, staging, repository, caller }: { deps: Deps; staging: Staging; repository: RepositoryName; caller: Caller },
): Promise<void> {
  const commitBlob = createCommitBlob(deps)
  for (const { content, digest } of files) {
    const { upload } =
      content.kind === 'staged' ? content.blob : await staging.stage([content.bytes], digestAlgorithm(digest))
    await commitBlob(repository, upload, digest, caller)
    staging.forget(upload)
  }
}

/** Pushes what others refer to first, and tags last: what a tag leads to is whole from its first moment on. */
async function addManifests(
  manifests: readonly ArchivedManifest[],
  images: readonly ArchivedImage[],
  push: (manifest: ArchivedManifest, tags: readonly Tag[]) => Promise<{ readonly warnings: readonly string[] }>,
): Promise<string[]> {
  const referredTo = new Set(manifests.flatMap(({ view }) => view.manifests.map(({ digest }) => digest)))
  const tagged = images.filter(({ tags }) => tags.length > 0)
  const pushedLast = new Set(tagged.map(({ root }) => root.digest).filter((digest) => !referredTo.has(digest)))
  const warnings = new Set<string>()
  const pushAndNote = async (manifest: ArchivedManifest, tags: readonly Tag[]) => {
    for (const warning of (await push(manifest, tags)).warnings) warnings.add(warning)
  }
  for (const manifest of manifests) if (!pushedLast.has(manifest.digest)) await pushAndNote(manifest, [])
  for (const { root, tags } of tagged) await pushAndNote(root, tags)
  return [...warnings]
}

function noImages(): ArchiveRefusal {
  return new ArchiveRefusal(
    'invalid',
    'the archive has neither index.json nor manifest.json at its top; make it with docker save, not with docker export',
  )
}
