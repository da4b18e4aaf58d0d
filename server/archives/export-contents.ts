import type { Digest } from '../../oci/digest.ts'
import { isForeignLayer } from '../../oci/foreign-layer.ts'
import { type ManifestView, parseManifest } from '../../oci/manifest.ts'
import type { StoredManifest } from '../../storage/metadata/manifests.ts'
import type { ExportSource } from './export-source.ts'

/** Manifests and blobs of one archive, beyond which it is no image any more: the plan is held in memory (I11). */
export const MAX_PARTS = 10_000

/** RFC 6838 §4.2: 127 characters on each side. A longer one is no media type, and could be as long as a manifest. */
const MAX_TYPE_LENGTH = 255

/** One blob of the archive; in an OCI layout manifests are blobs, too. */
export interface ExportPart {
  readonly kind: 'manifest' | 'blob'
  readonly digest: Digest
  readonly sizeBytes: number
}

/** What `index.json` says of a referrer. Its annotations are left to itself: they may be as long as a manifest. */
export interface ExportedReferrer {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly artifactType?: string
}

/** Everything that goes into an archive. */
export type ExportContents =
  | {
      readonly kind: 'contents'
      /** Each once. */
      readonly parts: readonly ExportPart[]
      readonly referrers: readonly ExportedReferrer[]
      /** Children of an index that the repository does not have. */
      readonly missingManifests: readonly Digest[]
    }
  | { readonly kind: 'too-many-parts' }
  /** The repository does not have it whole, and the archive would be none without it. */
  | { readonly kind: 'content-missing'; readonly digest: Digest }

/**
 * Finds everything that a manifest needs. Nothing is read but manifests, one at a time; of all blobs the size is made
 * sure of, so that what is missing or damaged is told before the first byte has left.
 */
export async function collectExportContents(
  source: ExportSource,
  root: StoredManifest,
  options: {
    /** Whether what refers to any of the manifests comes along: signatures, SBOMs, attestations. */
    readonly withReferrers: boolean
    /** Whether layers may be left out that are had from elsewhere, as the image layout allows. */
    readonly allowsForeignLayers: boolean
  },
): Promise<ExportContents> {
  const parts = new Map<Digest, ExportPart>()
  const referrers: ExportedReferrer[] = []
  const missingManifests: Digest[] = []
  // Also of what is left out. Apart, for a missing child of an index may be there as somebody's layer.
  const manifests = new Set([root.digest])
  const blobs = new Set<Digest>()
  const isFull = () => manifests.size + blobs.size >= MAX_PARTS
  const queue: { readonly digest: Digest; readonly isReferrer: boolean }[] = [
    { digest: root.digest, isReferrer: false },
  ]

  function enqueue(digest: Digest, isReferrer: boolean): void {
    if (manifests.has(digest)) return
    manifests.add(digest)
    queue.push({ digest, isReferrer })
  }

  /** The first blob that is needed and not there; undefined when all are. */
  async function addBlobs(view: ManifestView): Promise<Digest | undefined> {
    const needed = [...(view.config === undefined ? [] : [view.config]), ...view.layers]
    for (const descriptor of needed) {
      const { digest } = descriptor
      if (blobs.has(digest)) continue
      if (isFull()) return undefined
      blobs.add(digest)
      const sizeBytes = await source.findBlobSize(digest)
      if (sizeBytes !== undefined) parts.set(digest, { kind: 'blob', digest, sizeBytes })
      else if (!(options.allowsForeignLayers && isForeignLayer(descriptor))) return digest
    }
    return undefined
  }

  async function addReferrers(subject: Digest): Promise<void> {
    for await (const digest of source.listReferrers(subject)) {
      if (isFull()) return
      enqueue(digest, true)
    }
  }

  for (const { digest, isReferrer } of queue) {
    const manifest = await source.findManifest(digest)
    if (manifest === undefined) {
      missingManifests.push(digest)
      continue
    }
    const view = parseManifest(manifest.bytes, manifest.mediaType)
    parts.set(digest, { kind: 'manifest', digest, sizeBytes: manifest.bytes.length })
    if (isReferrer) {
      const { mediaType, artifactType } = view
      const isType = artifactType !== undefined && artifactType.length <= MAX_TYPE_LENGTH
      referrers.push({ mediaType, digest, size: manifest.bytes.length, ...(isType && { artifactType }) })
    }
    for (const child of view.manifests) enqueue(child.digest, false)
    const missing = await addBlobs(view)
    if (missing !== undefined) return { kind: 'content-missing', digest: missing }
    if (options.withReferrers) await addReferrers(digest)
    if (isFull()) return { kind: 'too-many-parts' }
  }
  return { kind: 'contents', parts: [...parts.values()], referrers, missingManifests }
}
