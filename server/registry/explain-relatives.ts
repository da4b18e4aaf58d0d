import type { Digest } from '../../oci/digest.ts'
import { type ManifestView, parseManifest } from '../../oci/manifest.ts'
import { attestedDigest, isImageOfIndex, kindOfType } from '../../oci/manifest-kind.ts'
import { isManifestMediaType } from '../../oci/media-types.ts'
import { formatPlatform, isUnknownPlatform } from '../../oci/platform.ts'
import { isTag, type Tag } from '../../oci/reference.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import type { ManifestKind, ManifestStore, ManifestSummary } from '../../storage/metadata/manifests.ts'
import { boundedLabels } from './bounded-labels.ts'

const MAX_CHILDREN = 1000
const MAX_REFERRERS = 100
/** Referrers read at once: each may bring megabytes of annotations. */
const REFERRERS_AT_ONCE = 10
/** What cosign hangs onto the name of an image, by tags, where it does not use referrers (cosign before 3). */
const TAG_SUFFIXES = ['sig', 'att', 'sbom']
/** Indexes that are looked into for what they say of one of their images, the newest first. */
const MAX_PARENTS = 3

type Child = ManifestView['manifests'][number]

/** A manifest that an index names. */
export interface ExplainedChild {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly kind: ManifestKind
  /** As `os/architecture[/variant]`. */
  readonly platform: string | undefined
  /** The image that it says something of: buildkit keeps attestations beside the images of an index. */
  readonly attestationFor: string | undefined
  /** Bytes of the manifest itself, as the index has it. */
  readonly sizeBytes: number
  /** Undefined when the repository does not have it. */
  readonly pulledBytes: number | undefined
}

/** A manifest that says something of another: a signature, an SBOM, an attestation. */
export interface ExplainedReferrer {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly kind: ManifestKind
  readonly sizeBytes: number
  readonly annotations: Readonly<Record<string, string>>
  /** The index in which it stands beside what it speaks of; undefined for one that names its subject itself. */
  readonly index: string | undefined
  /** The tag that says what it speaks of; undefined for one that does so itself. */
  readonly tag: Tag | undefined
}

/** What a manifest has around it. */
export interface ExplainRelatives {
  /** The children of an index, at most 1,000 of them. */
  children(id: RepositoryId, view: ManifestView): Promise<readonly ExplainedChild[]>
  referrers(
    id: RepositoryId,
    digest: Digest,
  ): Promise<{ readonly referrers: readonly ExplainedReferrer[]; readonly hasMore: boolean }>
}

export function createExplainRelatives(deps: {
  readonly manifests: Pick<ManifestStore, 'resolve' | 'listSummaries' | 'listReferrers' | 'listParents'>
}): ExplainRelatives {
  const { manifests } = deps

  async function summariesOf(id: RepositoryId, digests: readonly Digest[]): Promise<Map<string, ManifestSummary>> {
    return new Map((await manifests.listSummaries(id, digests)).map((summary) => [summary.digest, summary]))
  }

  async function listByThemselves(id: RepositoryId, subject: Digest) {
    const descriptors: Omit<ExplainedReferrer, 'kind'>[] = []
    let after: Digest | undefined
    do {
      const page = await manifests.listReferrers(id, { subject, artifactTypes: [], after, limit: REFERRERS_AT_ONCE })
      descriptors.push(...page.items.map(readDescriptor))
      after = page.next as Digest | undefined
    } while (after !== undefined && descriptors.length < MAX_REFERRERS)
    return { descriptors, hasMore: after !== undefined }
  }

  async function listByIndexes(id: RepositoryId, subject: Digest): Promise<Omit<ExplainedReferrer, 'kind'>[]> {
    const parents = await manifests.listParents(id, subject, MAX_PARENTS)
    return parents.flatMap(({ digest: index, mediaType, bytes }) =>
      parseManifest(bytes, mediaType)
        .manifests.filter((child) => attestedDigest(child) === subject)
        .slice(0, MAX_REFERRERS)
        .map(({ digest, mediaType, artifactType, size, annotations = {} }) => {
          const ofChild = { digest, mediaType, artifactType, sizeBytes: size, annotations: boundedLabels(annotations) }
          return { ...ofChild, index, tag: undefined }
        }),
    )
  }

  async function listByTags(id: RepositoryId, subject: Digest): Promise<Omit<ExplainedReferrer, 'kind'>[]> {
    const found = TAG_SUFFIXES.map(async (suffix) => {
      const tag = `${subject.replace(':', '-')}.${suffix}`
      if (!isTag(tag)) return []
      const stored = await manifests.resolve(id, { kind: 'tag', tag })
      if (stored === undefined) return []
      const { digest, mediaType, bytes } = stored
      const { artifactType, annotations = {} } = parseManifest(bytes, mediaType)
      const shown = {
        digest,
        mediaType,
        artifactType,
        sizeBytes: bytes.length,
        annotations: boundedLabels(annotations),
      }
      return [{ ...shown, index: undefined, tag }]
    })
    return (await Promise.all(found)).flat()
  }

  return {
    async children(id, view) {
      const shown = view.manifests.slice(0, MAX_CHILDREN)
      const summaries = await summariesOf(
        id,
        shown.map(({ digest }) => digest),
      )
      return shown.map((child) => explainChild(child, summaries.get(child.digest)))
    },
    async referrers(id, subject) {
      const { descriptors, hasMore } = await listByThemselves(id, subject)
      const others = [...(await listByTags(id, subject)), ...(await listByIndexes(id, subject))]
      const known = new Map([...others, ...descriptors].map((each) => [each.digest, each]))
      const summaries = await summariesOf(id, [...known.keys()] as Digest[])
      const referrers = [...known.values()].map((each) => ({
        ...each,
        kind: kindOfReferrer(each, summaries.get(each.digest)),
      }))
      return { referrers, hasMore }
    },
  }
}

function explainChild(child: Child, summary: ManifestSummary | undefined): ExplainedChild {
  const { digest, mediaType, artifactType, platform, size } = child
  const attestationFor = attestedDigest(child)
  const isKnown = platform !== undefined && !isUnknownPlatform(platform)
  const guessed = isImageOfIndex(child) ? 'image' : 'artifact'
  // What buildkit writes into the index of a cache are no manifests but layers.
  const ownBytes = isManifestMediaType(mediaType) ? undefined : size
  return {
    digest,
    mediaType,
    artifactType,
    kind: attestationFor === undefined ? (summary?.kind ?? kindOfType(artifactType) ?? guessed) : 'attestation',
    platform: isKnown ? formatPlatform(platform) : undefined,
    attestationFor,
    sizeBytes: size,
    pulledBytes: summary?.pulledBytes ?? ownBytes,
  }
}

/** What it is, as it was seen when it was pushed or, before anybody looked, as its type has it. */
function kindOfReferrer(
  { artifactType, annotations, index }: Omit<ExplainedReferrer, 'kind'>,
  summary: ManifestSummary | undefined,
): ManifestKind {
  if (index !== undefined) return 'attestation'
  return summary?.kind ?? kindOfType(artifactType, annotations) ?? 'artifact'
}

/** Reads a descriptor as the registry itself wrote it. */
function readDescriptor(json: string): Omit<ExplainedReferrer, 'kind'> {
  const { digest, mediaType, artifactType, size, annotations }: Child = JSON.parse(json)
  return {
    digest,
    mediaType,
    artifactType,
    sizeBytes: size,
    annotations: boundedLabels(annotations ?? {}),
    index: undefined,
    tag: undefined,
  }
}
