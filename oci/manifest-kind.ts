import { isRunnableConfigType } from './image-config.ts'
import type { ManifestView } from './manifest.ts'
import { isManifestMediaType } from './media-types.ts'

/** What a manifest is for; `image` is an index of images, too. */
export const MANIFEST_KINDS = ['image', 'helm', 'wasm', 'signature', 'sbom', 'attestation', 'artifact'] as const
export type ManifestKind = (typeof MANIFEST_KINDS)[number]

/** The first that fits wins. Types are matched, not listed: they carry versions and suffixes, and new ones come. */
const KINDS: readonly (readonly [RegExp, ManifestKind])[] = [
  [/^application\/vnd\.cncf\.helm\./, 'helm'],
  [/^application\/(?:vnd\.wasm\.|wasm\b)/, 'wasm'],
  [
    /^application\/vnd\.(?:dev\.cosign\.simplesigning|dev\.cosign\.artifact\.sig|cncf\.notary\.signature)\b/,
    'signature',
  ],
  [/^application\/vnd\.dev\.sigstore\.bundle\b/, 'signature'],
  [/^(?:application|text)\/.*(?:spdx|cyclonedx|syft|sbom)\b/, 'sbom'],
  [/^application\/.*(?:in-toto|dsse|slsa|attestation)\b/, 'attestation'],
]

/**
 * A sigstore bundle holds a signature or an attestation; cosign says in an annotation what is attested (cosign's bundle
 * specification, "predicateType"), its own type standing for a mere signature.
 */
const PREDICATE_TYPE = 'dev.sigstore.bundle.predicateType'
const SIGNATURE_PREDICATE = /^https:\/\/sigstore\.dev\/cosign\/sign\//
const SBOM_PREDICATE = /spdx|cyclonedx/i

/** How buildkit marks, in an index, what is no image but says something of one. */
const REFERENCE_TYPE = 'vnd.docker.reference.type'
const REFERENCE_DIGEST = 'vnd.docker.reference.digest'

type Annotations = Readonly<Record<string, string>> | undefined

/** The kind that a media type or artifact type stands for; undefined for types that say nothing. */
export function kindOfType(type: string | undefined, annotations?: Annotations): ManifestKind | undefined {
  if (type === undefined) return undefined
  const lower = type.slice(0, 255).toLowerCase()
  const kind = KINDS.find(([pattern]) => pattern.test(lower))?.[1]
  const predicate = annotations?.[PREDICATE_TYPE]
  if (kind !== 'signature' || predicate === undefined || SIGNATURE_PREDICATE.test(predicate)) return kind
  return SBOM_PREDICATE.test(predicate) ? 'sbom' : 'attestation'
}

/** What a manifest is for. */
export function kindOfManifest(view: ManifestView): ManifestKind {
  const { artifactType, annotations, config, layers, manifests } = view
  const own = kindOfType(artifactType, annotations)
  if (own !== undefined) return own
  if (config === undefined) {
    if (manifests.some(isImageOfIndex)) return 'image'
    return onlyKindOf(manifests.map((child) => kindOfType(child.artifactType, child.annotations))) ?? 'artifact'
  }
  // Tools that are older than artifact types (cosign's .sig and .att, buildkit's attestations) put what they have into
  // the layers of what looks like an image.
  const ofLayers = onlyKindOf(layers.map((layer) => kindOfType(layer.mediaType)))
  if (ofLayers !== undefined) return ofLayers
  return artifactType !== undefined && isRunnableConfigType(artifactType) ? 'image' : 'artifact'
}

/** Whether a child of an index is one of its images, and no artifact or attestation beside them. */
export function isImageOfIndex(child: ManifestView['manifests'][number]): boolean {
  const { mediaType, artifactType, annotations } = child
  const isPlain = artifactType === undefined || isRunnableConfigType(artifactType)
  return isManifestMediaType(mediaType) && isPlain && annotations?.[REFERENCE_TYPE] === undefined
}

/** The digest that a child of an index says something of, as buildkit's attestations do; undefined for others. */
export function attestedDigest({ annotations }: ManifestView['manifests'][number]): string | undefined {
  return annotations?.[REFERENCE_TYPE] === undefined ? undefined : annotations[REFERENCE_DIGEST]
}

function onlyKindOf(kinds: readonly (ManifestKind | undefined)[]): ManifestKind | undefined {
  const [first] = kinds
  return kinds.every((kind) => kind === first) ? first : undefined
}
