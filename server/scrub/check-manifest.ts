import { createHash } from 'node:crypto'
import { type Digest, digestAlgorithm, formatDigest } from '../../oci/digest.ts'
import type { DamageReason, DamageStore } from '../../storage/metadata/damage.ts'
import type { ManifestId } from '../../storage/metadata/identities.ts'
import type { StoredContent } from '../../storage/metadata/stored-content.ts'
import { SYSTEM } from '../access/caller.ts'
import type { ScrubNotice } from './scrub-notice.ts'

/** What a look into the database costs, as bytes. */
const LOOK_BYTES = 16 * 1024

/** Compares the bytes of one manifest with its digest, and enters it when they differ. @returns whether it is damaged. */
export type CheckManifest = (manifest: { readonly id: ManifestId; readonly digest: Digest }) => Promise<boolean>

export function createCheckManifest(deps: {
  readonly storedContent: Pick<StoredContent, 'readManifest'>
  readonly damage: Pick<DamageStore, 'reportManifest' | 'closeManifest'>
  readonly pause: (bytes: number) => Promise<void>
  readonly onNotice: (notice: ScrubNotice) => void
}): CheckManifest {
  const { storedContent, damage, pause, onNotice } = deps
  return async ({ id, digest }) => {
    const reading = await storedContent.readManifest(id)
    if (reading.kind === 'gone') return false
    const bytes = reading.kind === 'read' ? reading.bytes : undefined
    await pause(Math.max(LOOK_BYTES, bytes?.byteLength ?? 0))
    if (bytes !== undefined && digestOf(bytes, digest) === digest) {
      await damage.closeManifest(id, SYSTEM)
      return false
    }
    const reason: DamageReason = bytes === undefined ? 'unreadable' : 'altered'
    if (!(await damage.reportManifest(id, reason, SYSTEM))) return false
    onNotice({ kind: 'manifest-damaged', digest, reason })
    return true
  }
}

function digestOf(bytes: Uint8Array, like: Digest): Digest {
  const algorithm = digestAlgorithm(like)
  return formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'))
}
