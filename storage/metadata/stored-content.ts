import type { Digest } from '../../oci/digest.ts'
import type { LinkedBlob } from './blob-links.ts'
import type { ManifestId } from './identities.ts'

/** A blob that was pushed once. */
export interface KnownBlob extends LinkedBlob {
  /** Whether any repository has it. */
  readonly isLinked: boolean
}

/** What came of reading a manifest. */
export type ManifestReading =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'gone' }
  /** The database is damaged just there. */
  | { readonly kind: 'unreadable' }

/** Everything that is stored, one after the other, whoever has it: for the scrub. */
export interface StoredContent {
  /** In order of digest, those after one. */
  listBlobs(after: Digest | undefined, limit: number): Promise<readonly KnownBlob[]>
  /** Manifests that were not deleted, in order of id, those after one. */
  listManifests(
    after: ManifestId | undefined,
    limit: number,
  ): Promise<readonly { readonly id: ManifestId; readonly digest: Digest }[]>
  readManifest(id: ManifestId): Promise<ManifestReading>
}
