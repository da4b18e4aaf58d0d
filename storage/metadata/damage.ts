import type { Digest } from '../../oci/digest.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Origin } from './audit-events.ts'
import type { DamageId, ManifestId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

/** What can be wrong with stored content: other bytes, another size, nothing there, or nothing that can be read. */
export const DAMAGE_REASONS = ['altered', 'resized', 'missing', 'unreadable'] as const
export type DamageReason = (typeof DAMAGE_REASONS)[number]

/** What was found of a blob that is not what was verified. */
export interface BlobFinding {
  readonly digest: Digest
  readonly reason: DamageReason
  /** Bytes that were found; undefined when it is missing or cannot even be opened. */
  readonly foundSize: number | undefined
}

/** Content that is damaged until it is pushed again, and that some repository has. */
export interface Damage {
  readonly id: DamageId
  readonly digest: Digest
  /** A blob is the same for all repositories that have it; a manifest is its repository's own. */
  readonly kind: 'blob' | 'manifest'
  readonly reason: DamageReason
  /** Bytes of a blob when it was verified; undefined for a manifest. */
  readonly size: number | undefined
  /** As {@link BlobFinding.foundSize}. */
  readonly foundSize: number | undefined
  /** Milliseconds since the epoch. */
  readonly foundAt: number
}

/** A manifest that cannot be pulled whole for a damage. */
export interface DamageUse {
  readonly repository: RepositoryName
  readonly manifest: Digest
  /** What the damaged content is to it; `self` when it is the manifest itself. */
  readonly role: 'config' | 'layer' | 'manifest' | 'self'
  /** Live tags that point to the manifest, or to an index that has it; some of them when there are many. */
  readonly tags: readonly string[]
  /** Live tags of what it was attached to, when it is a signature, an SBOM or the like; some of them. */
  readonly attachedTo: readonly string[]
}

/**
 * What is known to be damaged. Such content is not there for whoever pushes: manifests that need it are refused, so that
 * it is sent again. A push that brings it closes the entry in its own transaction.
 */
export interface DamageStore {
  /** Enters a damaged blob, unless it is there already. False when no repository has the blob: then nobody needs to know. */
  reportBlob(finding: BlobFinding, origin: Origin): Promise<boolean>
  /** Enters a damaged manifest, which is not served from then on. False when it is gone. */
  reportManifest(id: ManifestId, reason: DamageReason, origin: Origin): Promise<boolean>
  /** Closes the entry of a blob that was found whole, if there is one: somebody brought it back past the registry. */
  closeBlob(digest: Digest, origin: Origin): Promise<void>
  /** As {@link closeBlob}. */
  closeManifest(id: ManifestId, origin: Origin): Promise<void>
  count(): Promise<number>
  /** In the order in which they were found; `after` is an id. */
  list(page: PageRequest): Promise<Page<Damage>>
  find(id: DamageId): Promise<Damage | undefined>
  /** What needs the damaged content, repository by repository. */
  listUses(id: DamageId, page: PageRequest): Promise<Page<DamageUse>>
}
