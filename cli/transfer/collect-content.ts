import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import { isForeignLayer } from '../../oci/foreign-layer.ts'
import { isManifestMediaType } from '../../oci/media-types.ts'
import { choosePlatform, formatPlatform, type Platform, readPlatform } from '../../oci/platform.ts'
import { isTag } from '../../oci/reference.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { RemoteManifest } from '../registry/manifests.ts'
import type { ContentSource } from './content-source.ts'

/** Everything that belongs to an image. */
export interface Content {
  readonly root: RemoteManifest
  /** Each after those that it names or speaks of, except that what speaks of a manifest comes after it. */
  readonly manifests: readonly RemoteManifest[]
  /** The tags by which cosign says what it speaks of, with what they lead to. */
  readonly companionTags: ReadonlyMap<string, RemoteManifest>
  /** What an index names and the source lacks. */
  readonly missing: readonly Descriptor[]
}

export interface ContentOptions {
  /** Only this one of the images of an index. */
  readonly platform?: Platform | undefined
  /** With what speaks of it: signatures, SBOMs, attestations, and what speaks of those. */
  readonly withReferrers: boolean
}

/** What cosign before its third version hangs onto the name of an image. */
const TAG_SUFFIXES = ['sig', 'att', 'sbom']
/** No image has as many; a registry that goes on and on must not keep us busy for ever. */
const MAX_MANIFESTS = 20_000
/** Indexes within each other, and what speaks of what speaks of something: real ones have two or three. */
const MAX_DEPTH = 32

/**
 * Reads all manifests of an image: a tag can move meanwhile, what was read is one whole.
 * @throws CliError when there is no image for the platform.
 */
export async function collectContent(
  source: ContentSource,
  named: RemoteManifest,
  { platform, withReferrers }: ContentOptions,
): Promise<Content> {
  const root = platform === undefined ? named : await choose(source, named, platform)
  const manifests = new Map<Digest, RemoteManifest>()
  const companionTags = new Map<string, RemoteManifest>()
  const missing: Descriptor[] = []

  async function collect(manifest: RemoteManifest, seen: ReadonlySet<Digest>): Promise<void> {
    if (manifests.has(manifest.digest) || seen.has(manifest.digest)) return
    const within = new Set([...seen, manifest.digest])
    if (within.size > MAX_DEPTH)
      throw new CliError(`${source.name} has more than ${MAX_DEPTH} manifests within each other in one image`)
    for (const child of manifest.view.manifests) {
      // What buildkit writes into the index of a cache are no manifests but layers.
      if (!isManifestMediaType(child.mediaType) || manifests.has(child.digest)) continue
      const found = await source.manifests.find(child.digest)
      if (found === undefined) missing.push(child)
      else await collect(found, within)
    }
    if (manifests.size >= MAX_MANIFESTS)
      throw new CliError(`${source.name} has more than ${MAX_MANIFESTS} manifests in one image`)
    manifests.set(manifest.digest, manifest)
    if (withReferrers) await collectReferrers(manifest.digest, within)
  }

  async function collectReferrers(subject: Digest, within: ReadonlySet<Digest>): Promise<void> {
    for (const { digest, mediaType } of await source.referrers(subject)) {
      if (!isManifestMediaType(mediaType)) continue
      const found = manifests.get(digest) ?? (await source.manifests.find(digest))
      if (found !== undefined) await collect(found, within)
    }
    for (const [tag, found] of await findCompanions(source, subject)) {
      companionTags.set(tag, found)
      await collect(found, within)
    }
  }

  await collect(root, new Set())
  return { root, manifests: [...manifests.values()], companionTags, missing }
}

/** What stands under the tags by which cosign says what it speaks of. */
export async function findCompanions(
  source: ContentSource,
  subject: Digest,
): Promise<ReadonlyMap<string, RemoteManifest>> {
  const tags = TAG_SUFFIXES.map((suffix) => `${subject.replace(':', '-')}.${suffix}`).filter(isTag)
  const found = await Promise.all(tags.map(async (tag) => [tag, await source.manifests.find(tag)] as const))
  return new Map(found.flatMap(([tag, manifest]) => (manifest === undefined ? [] : [[tag, manifest] as const])))
}

/** The blobs that a manifest needs from a registry. */
export function blobsOf({ view }: RemoteManifest): readonly Descriptor[] {
  const others = view.manifests.filter(({ mediaType }) => !isManifestMediaType(mediaType))
  const config = view.config === undefined ? [] : [view.config]
  return [...config, ...view.layers.filter((layer) => !isForeignLayer(layer)), ...others]
}

/** Reads `--platform`. @throws CliError usage */
export function readPlatformOption(text: string | undefined): Platform | undefined {
  if (text === undefined) return undefined
  const platform = readPlatform(text)
  if (platform !== undefined) return platform
  throw new CliError(`${JSON.stringify(text.slice(0, 100))} is no platform`, {
    exitCode: EXIT.usage,
    hint: 'write it as linux/amd64 or linux/arm64/v8',
  })
}

/** The image of an index for a platform; an image that is no index is what it is. */
export async function choose(
  source: ContentSource,
  manifest: RemoteManifest,
  platform: Platform,
): Promise<RemoteManifest> {
  const { view } = manifest
  if (view.config !== undefined) return manifest
  const candidates = view.manifests.map((child) => ({ child, platform: child.platform }))
  const chosen = choosePlatform(candidates, platform)
  const found = chosen && (await source.manifests.find(chosen.child.digest))
  if (found !== undefined) return found
  const there = [
    ...new Set(candidates.flatMap((one) => (one.platform === undefined ? [] : [formatPlatform(one.platform)]))),
  ]
  throw new CliError(`${source.name} has no image for ${formatPlatform(platform)} there`, {
    exitCode: EXIT.notFound,
    code: 'PLATFORM_UNKNOWN',
    hint:
      there.length === 0 ? undefined : `there are ${there.filter((name) => !name.startsWith('unknown/')).join(', ')}`,
  })
}
