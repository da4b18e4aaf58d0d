import type { Digest } from '../../oci/digest.ts'
import { type ExplainedLayers, explainLayers } from '../../oci/explain-layers.ts'
import { type ImageConfig, isImageConfigType, readImageConfig } from '../../oci/image-config.ts'
import { type ManifestView, parseManifest } from '../../oci/manifest.ts'
import { kindOfManifest } from '../../oci/manifest-kind.ts'
import { formatPlatform, isUnknownPlatform } from '../../oci/platform.ts'
import type { Reference, Tag } from '../../oci/reference.ts'
import type { ContentUsageStore, ManifestUsage } from '../../storage/metadata/content-usage.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import type { ManifestKind, ManifestStore } from '../../storage/metadata/manifests.ts'
import { createExplainRelatives, type ExplainedChild, type ExplainedReferrer } from './explain-relatives.ts'
import type { ReadSmallBlob } from './read-small-blob.ts'

const MAX_CONFIG_BYTES = 4 * 1024 * 1024
const MAX_TAGS = 100

/** The configuration of an image with the descriptor it goes by. */
export interface ExplainedConfig extends ImageConfig {
  readonly digest: Digest
  readonly mediaType: string
  /** As the manifest has it. */
  readonly sizeBytes: number
}

/** Everything about a manifest that people ask. */
export interface ExplainedManifest extends Pick<ExplainedLayers, 'layers' | 'history'> {
  readonly digest: Digest
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly kind: ManifestKind
  /** Of the manifest itself. */
  readonly sizeBytes: number
  /** Bytes that pulling it takes; for an index, with the largest of its images. */
  readonly pulledBytes: number
  readonly usage: ManifestUsage
  /** Live tags that point to it, the first hundred. */
  readonly tags: readonly Tag[]
  /** Milliseconds since the epoch. */
  readonly pushedAt: number
  readonly annotations: Readonly<Record<string, string>>
  readonly subject: { readonly digest: Digest; readonly mediaType: string; readonly size: number } | undefined
  /** As `os/architecture[/variant]`. */
  readonly platforms: readonly string[]
  /** Undefined for what is no image, and when it cannot be read. */
  readonly config: ExplainedConfig | undefined
  readonly children: readonly ExplainedChild[]
  readonly referrers: readonly ExplainedReferrer[]
  readonly hasMoreReferrers: boolean
  /** Sentences about what is not as it should be. */
  readonly problems: readonly string[]
}

/** Undefined when the repository has no such manifest. */
export type ExplainManifest = (id: RepositoryId, reference: Reference) => Promise<ExplainedManifest | undefined>

/** Explains manifests from what is stored: all of it came from clients, and may be as odd as they like. */
export function createExplainManifest(deps: {
  readonly manifests: Pick<ManifestStore, 'resolve' | 'listSummaries' | 'listTags' | 'listReferrers' | 'listParents'>
  readonly contentUsage: Pick<ContentUsageStore, 'ofManifest'>
  readonly readSmallBlob: ReadSmallBlob
}): ExplainManifest {
  const { manifests, contentUsage, readSmallBlob } = deps
  const relatives = createExplainRelatives({ manifests })

  async function readConfig(id: RepositoryId, view: ManifestView): Promise<ReadConfig> {
    const descriptor = view.config
    if (descriptor === undefined || !isImageConfigType(descriptor.mediaType)) return NO_CONFIG
    const { digest, mediaType, size } = descriptor
    if (size > MAX_CONFIG_BYTES) return unreadable('is too large to be shown')
    const bytes = await readSmallBlob({ id }, digest, MAX_CONFIG_BYTES)
    if (bytes === undefined) return unreadable('is missing or damaged; push the image again')
    const config = readImageConfig(bytes)
    if (config === undefined) return unreadable('is not the JSON it should be; build the image again')
    const problems = config.isCut ? ['the configuration is larger than what is shown of it'] : []
    return { config: { ...config, digest, mediaType, sizeBytes: size }, problems }
  }

  return async (id, reference) => {
    const stored = await manifests.resolve(id, reference)
    if (stored === undefined) return undefined
    const { digest, mediaType, bytes } = stored
    const [summary] = await manifests.listSummaries(id, [digest])
    const usage = await contentUsage.ofManifest(id, digest)
    // Deleted since.
    if (summary === undefined || usage === undefined) return undefined
    const view = parseManifest(bytes, mediaType)
    const { config, problems } = await readConfig(id, view)
    const { layers, history, problems: ofLayers } = explainLayers(view, config)
    const children = await relatives.children(id, view)
    const { referrers, hasMore } = await relatives.referrers(id, digest)
    return {
      digest,
      mediaType,
      artifactType: view.artifactType,
      kind: summary.kind ?? kindOfManifest(view),
      sizeBytes: bytes.length,
      pulledBytes: summary.pulledBytes + largestOf(children),
      usage,
      tags: await manifests.listTags(id, digest, MAX_TAGS),
      pushedAt: summary.pushedAt,
      annotations: view.annotations ?? {},
      subject: view.subject,
      platforms: platformsOf(config, children),
      config,
      layers,
      history,
      children,
      referrers,
      hasMoreReferrers: hasMore,
      problems: [...problems, ...ofLayers, ...problemsOfChildren(view, children)],
    }
  }
}

interface ReadConfig {
  readonly config: ExplainedConfig | undefined
  readonly problems: readonly string[]
}

const NO_CONFIG: ReadConfig = { config: undefined, problems: [] }

function unreadable(what: string): ReadConfig {
  return { config: undefined, problems: [`the configuration ${what}`] }
}

function platformsOf(config: ImageConfig | undefined, children: readonly ExplainedChild[]): string[] {
  const own = config?.platform
  if (own !== undefined) return isUnknownPlatform(own) ? [] : [formatPlatform(own)]
  return [...new Set(children.flatMap(({ platform }) => (platform === undefined ? [] : [platform])))]
}

/** Bytes that pulling the largest of some images takes. */
function largestOf(children: readonly ExplainedChild[]): number {
  const images = children.filter(({ attestationFor }) => attestationFor === undefined)
  return Math.max(0, ...images.map(({ pulledBytes = 0 }) => pulledBytes))
}

function problemsOfChildren({ manifests }: ManifestView, shown: readonly ExplainedChild[]): string[] {
  const problems: string[] = []
  if (manifests.length > shown.length) {
    problems.push(`the index names ${manifests.length} manifests; the first ${shown.length} are shown`)
  }
  const absent = shown.filter(({ pulledBytes }) => pulledBytes === undefined).length
  if (absent > 0) problems.push(`of the manifests in the index ${absent} are not in the repository; pulling them fails`)
  return problems
}
