import type { Digest } from '../../oci/digest.ts'
import { type ManifestView, parseManifest } from '../../oci/manifest.ts'
import { isImageOfIndex } from '../../oci/manifest-kind.ts'
import { isManifestMediaType, manifestKindOf } from '../../oci/media-types.ts'
import { choosePlatform, formatPlatform, isUnknownPlatform, type Platform } from '../../oci/platform.ts'
import type { StoredManifest } from '../../storage/metadata/manifests.ts'
import { MAX_PARTS } from './export-contents.ts'
import type { ExportSource } from './export-source.ts'

/** How much of an index is wanted. */
export type WantedPlatforms =
  /** The image for one platform. */
  | { readonly kind: 'platform'; readonly platform: Platform }
  /** Everything that the reference leads to, as it is. */
  | { readonly kind: 'all' }
  /** One image: the only one there is, or the one for linux/amd64, unless `isUnambiguous` rules that guess out. */
  | { readonly kind: 'one'; readonly isUnambiguous: boolean }

/** What the archive is to be about. */
export type ExportTarget =
  | { readonly kind: 'chosen'; readonly manifest: StoredManifest }
  /** There is no image for this platform, but for these. */
  | { readonly kind: 'platform-absent'; readonly platforms: readonly string[] }
  /** There are images for several platforms. */
  | { readonly kind: 'platform-needed'; readonly platforms: readonly string[] }
  /** An index without images. */
  | { readonly kind: 'not-an-image' }
  | { readonly kind: 'too-many-parts' }
  /** The repository does not have it (any more), though the index names it. */
  | { readonly kind: 'content-missing'; readonly digest: Digest }

/** What tools take when nobody says otherwise. */
const USUAL_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }

interface Candidate {
  readonly digest: Digest
  readonly platform: Platform | undefined
}

/** Finds the manifest that an archive is to be about, below the one that a reference led to. */
export async function chooseExportTarget(
  source: ExportSource,
  manifest: StoredManifest,
  wanted: WantedPlatforms,
): Promise<ExportTarget> {
  if (wanted.kind === 'all') return { kind: 'chosen', manifest }
  const view = parseManifest(manifest.bytes, manifest.mediaType)
  if (manifestKindOf(view.mediaType) === 'image') return chooseImage(source, manifest, view, wanted)
  const candidates = await listCandidates(source, manifest)
  if (candidates === undefined) return { kind: 'too-many-parts' }
  if (candidates.length === 0) return { kind: 'not-an-image' }
  const platforms = namesOf(candidates)
  const chosen = choose(candidates, platforms, wanted)
  if (chosen === undefined) {
    return { kind: wanted.kind === 'platform' ? 'platform-absent' : 'platform-needed', platforms }
  }
  const child = await source.findManifest(chosen.digest)
  return child === undefined ? { kind: 'content-missing', digest: chosen.digest } : { kind: 'chosen', manifest: child }
}

/** A lone image has its platform in its configuration, which only matters when one was asked for. */
async function chooseImage(
  source: ExportSource,
  manifest: StoredManifest,
  view: ManifestView,
  wanted: WantedPlatforms,
): Promise<ExportTarget> {
  if (wanted.kind !== 'platform') return { kind: 'chosen', manifest }
  const platform = view.config && (await source.readConfig(view.config.digest))?.platform
  const candidates = [{ platform }]
  if (choosePlatform(candidates, wanted.platform) !== undefined) return { kind: 'chosen', manifest }
  return { kind: 'platform-absent', platforms: namesOf(candidates) }
}

function choose(
  candidates: readonly Candidate[],
  platforms: readonly string[],
  wanted: Exclude<WantedPlatforms, { kind: 'all' }>,
): Candidate | undefined {
  if (wanted.kind === 'platform') return choosePlatform(candidates, wanted.platform)
  const isOne = candidates.length === 1 || (platforms.length === 1 && candidates.every(({ platform }) => platform))
  if (isOne) return candidates[0]
  return wanted.isUnambiguous ? undefined : choosePlatform(candidates, USUAL_PLATFORM)
}

/** The images of an index and of the indexes in it, in their order; undefined when there are far too many. */
async function listCandidates(source: ExportSource, root: StoredManifest): Promise<Candidate[] | undefined> {
  const candidates: Candidate[] = []
  const seen = new Set([root.digest])
  // One index in memory at a time: a chain of them could be as long as anybody likes.
  const nested: Digest[] = []
  for (let index: StoredManifest | undefined = root; ; ) {
    if (index !== undefined) addCandidates(parseManifest(index.bytes, index.mediaType), { candidates, nested, seen })
    if (candidates.length + seen.size > MAX_PARTS) return undefined
    const next = nested.shift()
    if (next === undefined) return candidates
    index = await source.findManifest(next)
  }
}

function addCandidates(
  index: ManifestView,
  into: { readonly candidates: Candidate[]; readonly nested: Digest[]; readonly seen: Set<Digest> },
): void {
  for (const child of index.manifests) {
    const { digest, mediaType, platform } = child
    if (!isManifestMediaType(mediaType)) continue
    if (manifestKindOf(mediaType) === 'image') {
      const isNone = platform !== undefined && isUnknownPlatform(platform)
      if (isImageOfIndex(child) && !isNone) into.candidates.push({ digest, platform })
    } else if (!into.seen.has(digest)) {
      into.seen.add(digest)
      into.nested.push(digest)
    }
  }
}

/** Each platform once, in the order of the index. */
function namesOf(candidates: readonly Pick<Candidate, 'platform'>[]): string[] {
  return [...new Set(candidates.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)])))]
}
