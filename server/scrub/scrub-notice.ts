import type { Digest } from '../../oci/digest.ts'
import type { BlobFinding, DamageReason } from '../../storage/metadata/damage.ts'

/** What a scrub has to say while it goes on, beside what it stores. */
export type ScrubNotice =
  | { readonly kind: 'blob-damaged'; readonly finding: BlobFinding; readonly isNeeded: boolean }
  | { readonly kind: 'manifest-damaged'; readonly digest: Digest; readonly reason: DamageReason }
  /** The disk refused to move a damaged blob, which is not served all the same. */
  | { readonly kind: 'quarantine-failed'; readonly digest: Digest; readonly error: unknown }
