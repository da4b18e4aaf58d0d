import type { Digest } from '../../oci/digest.ts'
import { parseManifest } from '../../oci/manifest.ts'
import type { Platform } from '../../oci/platform.ts'
import type { Reference } from '../../oci/reference.ts'
import type { BorrowedBytes } from '../../storage/blobs/blob-store.ts'
import type { StoredManifest } from '../../storage/metadata/manifests.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'
import type { PullManifest } from '../registry/pull-manifest.ts'
import { collectExportContents } from './export-contents.ts'
import { blobFiles, dockerManifestFile, layoutFiles } from './export-files.ts'
import { type ImageView, isImage } from './export-image.ts'
import { createExportSource, type ExportSourceParts } from './export-source.ts'
import { chooseExportTarget, type WantedPlatforms } from './export-target.ts'
import { tarLengthBytes, writeTar } from './write-tar.ts'

/** An OCI image layout, or one with `manifest.json` beside it, which `docker load` and `podman load` take. */
export type ArchiveFormat = 'oci' | 'docker'

export interface ExportRequest {
  readonly repository: Repository
  readonly reference: Reference
  readonly format: ArchiveFormat
  /** A single one, all of them, or what suits the format: all for `oci`; for `docker` the only one, or linux/amd64. */
  readonly platform: Platform | 'all' | undefined
  /** Whether what refers to the manifests comes along. */
  readonly withReferrers: boolean
  /** Host and repository as clients pull them. */
  readonly pullName: string
}

/** What becomes of an export; the refusals come before the first byte. */
export type ExportResult =
  | {
      readonly kind: 'archive'
      /** Of all the bytes. */
      readonly lengthBytes: number
      /** The archive, the same bytes each time; throws when content was deleted or damaged since the plan was made. */
      readonly bytes: AsyncIterable<BorrowedBytes>
    }
  /** There is no image for the platform asked for; these are there. */
  | { readonly kind: 'platform-absent'; readonly platforms: readonly string[] }
  /** The format holds one image, and there are several. */
  | { readonly kind: 'platform-needed'; readonly platforms: readonly string[] }
  /** Nothing that a container engine could load. */
  | { readonly kind: 'not-an-image' }
  /** More manifests and blobs than are planned for at once. */
  | { readonly kind: 'too-many-parts' }
  /** The repository does not have this, or has it damaged, and the archive would be none without it. */
  | { readonly kind: 'content-missing'; readonly digest: Digest }

/** Makes an archive of what a reference leads to. @throws RegistryError MANIFEST_UNKNOWN when it leads nowhere. */
export type ExportArchive = (request: ExportRequest) => Promise<ExportResult>

export function createExportArchive(deps: ExportSourceParts & { readonly pullManifest: PullManifest }): ExportArchive {
  return async (request) => {
    const { repository, reference, format } = request
    const source = createExportSource(deps, repository)
    const found = await deps.pullManifest(repository, reference)
    const target = await chooseExportTarget(source, found, wantedPlatforms(request))
    if (target.kind !== 'chosen') return target
    const { manifest } = target
    const image = format === 'docker' ? readImage(manifest) : undefined
    if (format === 'docker' && image === undefined) return { kind: 'not-an-image' }
    const contents = await collectExportContents(source, manifest, {
      withReferrers: request.withReferrers,
      allowsForeignLayers: format === 'oci',
    })
    if (contents.kind !== 'contents') return contents
    const name = reference.kind === 'tag' ? { pullName: request.pullName, tag: reference.tag } : undefined
    const files = [
      ...layoutFiles(manifest, contents, name),
      ...(image === undefined ? [] : [dockerManifestFile(image, name)]),
      ...blobFiles(source, contents.parts),
    ]
    return { kind: 'archive', lengthBytes: tarLengthBytes(files), bytes: writeTar(files) }
  }
}

function readImage({ bytes, mediaType }: StoredManifest): ImageView | undefined {
  const view = parseManifest(bytes, mediaType)
  return isImage(view) ? view : undefined
}

function wantedPlatforms({ format, platform }: ExportRequest): WantedPlatforms {
  if (platform !== undefined && platform !== 'all') return { kind: 'platform', platform }
  if (format === 'oci') return { kind: 'all' }
  return { kind: 'one', isUnambiguous: platform === 'all' }
}
