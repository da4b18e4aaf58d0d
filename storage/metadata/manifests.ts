import type { Digest } from '../../oci/digest.ts'
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
}

export type PutManifestResult =
  /** `missing` are the references that were not required and are not there. */
  | { readonly kind: 'stored'; readonly missing: readonly Digest[] }
  /** Nothing was stored: required references are not in the repository. */
  | { readonly kind: 'missing-references'; readonly missing: readonly Digest[] }

/** A page of a subject's referrers. */
export interface ReferrersRequest {
  readonly subject: Digest
  /** Any of these; an empty list means all. */
  readonly artifactTypes: readonly string[]
  readonly after: Digest | undefined
  readonly limit: number
}

export interface ManifestStore {
  /** The hot read: one indexed query. */
  resolve(repositoryId: RepositoryId, reference: Reference): Promise<StoredManifest | undefined>
  /** The commit point of a push (I2): manifest, references, tags, repository and audit event, or nothing at all. */
  put(manifest: PutManifest, origin: Origin): Promise<PutManifestResult>
  /** Takes a manifest away with all its tags; false when it is not there. */
  delete(repositoryId: RepositoryId, digest: Digest, origin: Origin): Promise<boolean>
  /** The descriptors (JSON) of a subject's referrers, in order of digest. */
  listReferrers(repositoryId: RepositoryId, request: ReferrersRequest): Promise<Page<string>>
}
