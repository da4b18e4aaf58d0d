import type { ManifestKind } from '../../../oci/manifest-kind.ts'

/**
 * What there is to say of a manifest: what a Kontor answers to `GET …/manifests/<reference>`, and what is put together in
 * the same form of what other registries have. Null is what is not known, or is not there.
 */
export interface DescribedImage {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | null
  readonly kind: ManifestKind
  /** Of the manifest itself. */
  readonly sizeBytes: number
  /** What pulling it takes; for an index, with the largest of its images. */
  readonly pulledBytes: number
  /** Only a Kontor knows what else needs the same blobs. */
  readonly usage: { readonly bytes: number; readonly uniqueBytes: number; readonly sharedBytes: number } | null
  readonly tags: readonly string[] | null
  readonly pushedAt: string | null
  readonly annotations: Readonly<Record<string, string>>
  readonly subject: { readonly digest: string; readonly mediaType: string; readonly sizeBytes: number } | null
  readonly platforms: readonly string[]
  readonly config: DescribedConfig | null
  readonly layers: readonly DescribedLayer[]
  readonly manifests: readonly DescribedChild[]
  readonly referrers: { readonly items: readonly DescribedReferrer[]; readonly all: string | null }
  readonly problems: readonly string[]
}

export interface DescribedConfig {
  readonly digest: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly createdAt: string | null
  readonly author: string | null
  readonly user: string | null
  readonly workingDir: string | null
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
  readonly env: readonly string[]
  readonly exposedPorts: readonly string[]
  readonly volumes: readonly string[]
  readonly stopSignal: string | null
  readonly labels: Readonly<Record<string, string>>
}

export interface DescribedLayer {
  readonly digest: string
  readonly mediaType: string
  readonly sizeBytes: number
  /** The file that it is, in artifacts that are made of files. */
  readonly title: string | null
  /** The step of the build that made it. */
  readonly createdBy: string | null
  readonly createdAt: string | null
  readonly foreign: boolean
}

/** What an index names. */
export interface DescribedChild {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | null
  readonly kind: ManifestKind
  readonly platform: string | null
  readonly sizeBytes: number
  /** Null when the repository lacks it. */
  readonly pulledBytes: number | null
  readonly attestationFor: string | null
}

export interface DescribedReferrer {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | null
  readonly kind: ManifestKind
  readonly sizeBytes: number
  readonly annotations: Readonly<Record<string, string>>
}
