import type { Digest } from '../../oci/digest.ts'
import { MANIFEST_KINDS, type ManifestKind } from '../../oci/manifest-kind.ts'
import type { Reference, Tag } from '../../oci/reference.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Origin } from './audit-events.ts'
import type { RepositoryId } from './identities.ts'
import type { Page } from './page.ts'

/** A manifest as it was pushed. */
export interface StoredManifest {
  readonly digest: Digest
  readonly mediaType: string
  /** Exactly the bytes the client sent (I10). */
  readonly bytes: Uint8Array
}

/** One edge from a manifest to what it needs. */
export interface ManifestReference {
  readonly kind: 'config' | 'layer' | 'manifest'
  readonly digest: Digest
  /**
   * Whether the repository must have it before the manifest can be stored: not so for foreign layers with URLs, and
   * for an index's children where sparse indexes are allowed.
   */
  readonly isRequired: boolean
}

export { MANIFEST_KINDS, type ManifestKind }

/** What lists and the search want to know of a manifest without reading it. */
export interface ManifestDescription {
  readonly kind: ManifestKind
  /** What it runs on, as `os/architecture[/variant]`; those of its children for an index. */
  readonly platforms: readonly string[]
  /** The labels of its image configuration and its own annotations; the latter win. */
  readonly labels: Readonly<Record<string, string>>
}

export interface PutManifest {
  /** Created, with its namespace where that is missing, if this is the first push. The caller has checked the right. */
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly references: readonly ManifestReference[]
  readonly artifactType: string | undefined
  /** For a referrer: what it refers to, and the descriptor (JSON) under which the referrers list shows it. */
  readonly referrer: { readonly subject: Digest; readonly descriptor: string } | undefined
  /** Tags that point to this manifest from now on. */
  readonly tags: readonly Tag[]
  readonly description: ManifestDescription
}

export type PutManifestResult =
  /** `missing` are the references that were not required and are not there. */
  | { readonly kind: 'stored'; readonly missing: readonly Digest[] }
  /** Nothing was stored: required references are not in the repository. */
  | { readonly kind: 'missing-references'; readonly missing: readonly Digest[] }

/**
 * Of the descriptors on a page of referrers, unless it is a single one: each may have annotations as large as a manifest.
 * oras reads no more than 4 MiB of an index, and some of them are around the descriptors.
 */
export const MAX_REFERRERS_BYTES = 4 * 1024 * 1024 - 64 * 1024

/** A page of a subject's referrers. */
export interface ReferrersRequest {
  readonly subject: Digest
  /** Any of these; an empty list means all. */
  readonly artifactTypes: readonly string[]
  readonly after: Digest | undefined
  readonly limit: number
}

/** A manifest as a list shows it. */
export interface ManifestSummary {
  readonly digest: Digest
  readonly mediaType: string
  /** Undefined while it has not been described ({@link ManifestStore.listUndescribed}). */
  readonly kind: ManifestKind | undefined
  /** Milliseconds since the epoch. */
  readonly pushedAt: number
  /** Bytes of the manifest itself. */
  readonly size: number
  /** Bytes of the manifest and of the blobs that it names and the repository has, each once; not of its children. */
  readonly pulledBytes: number
}

/** A manifest of which it is not known what it is. */
export interface UndescribedManifest extends StoredManifest {
  readonly repositoryId: RepositoryId
}

export interface ManifestStore {
  /** The hot read: one indexed query. */
  resolve(repositoryId: RepositoryId, reference: Reference): Promise<StoredManifest | undefined>
  /** The commit point of a push (I2): manifest, references, tags, repository and audit event, or nothing at all. */
  put(manifest: PutManifest, origin: Origin): Promise<PutManifestResult>
  /** Takes a manifest away with all its tags; false when it is not there. */
  delete(repositoryId: RepositoryId, digest: Digest, origin: Origin): Promise<boolean>
  /** The descriptors (JSON) of a subject's referrers, in order of digest; fewer than asked for where they are large. */
  listReferrers(repositoryId: RepositoryId, request: ReferrersRequest): Promise<Page<string>>
  /** Those of some manifests that the repository has, in no particular order. */
  listSummaries(repositoryId: RepositoryId, digests: readonly Digest[]): Promise<readonly ManifestSummary[]>
  /** Live tags that point to a manifest, in ASCII order. */
  listTags(repositoryId: RepositoryId, digest: Digest, limit: number): Promise<readonly Tag[]>
  /** The indexes that name a manifest as their child, the newest first. */
  listParents(repositoryId: RepositoryId, digest: Digest, limit: number): Promise<readonly StoredManifest[]>
  /** Manifests that were pushed to a version of Kontor that did not describe them, deleted ones included. */
  listUndescribed(limit: number): Promise<readonly UndescribedManifest[]>
  /** Says of manifests what they are; of one that is gone meanwhile nothing is said. Leaves no audit event. */
  describe(
    described: readonly {
      readonly repositoryId: RepositoryId
      readonly digest: Digest
      readonly description: ManifestDescription
    }[],
  ): Promise<void>
}
