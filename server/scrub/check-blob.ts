import type { BlobStore, OpenBlob } from '../../storage/blobs/blob-store.ts'
import type { BlobFinding, DamageStore } from '../../storage/metadata/damage.ts'
import { SYSTEM } from '../access/caller.ts'
import { type BlobToInspect, type Inspection, inspectBlob } from './inspect-blob.ts'
import type { ScrubNotice } from './scrub-notice.ts'

/** A blob that is replaced under one's eyes this often is somebody else's to deal with; the next scrub sees it again. */
const MAX_LOOKS = 5

/**
 * Looks at one blob; when it is damaged, enters it and takes it out of the store. Blobs are pushed, deleted and healed
 * meanwhile, and none of that may look like damage, nor may damage be told of what was healed. Hence the order:
 * what is damaged is looked at a second time, then it is entered, and then that very file is moved aside, in the queue of
 * the commits of its digest. If it is not there any more, somebody pushed or deleted it, and the look starts over; a push
 * that came after the entry has closed it, and the look at what it brought closes what came in between.
 * @returns whether it is damaged and some repository has it.
 */
export type CheckBlob = (blob: BlobToInspect) => Promise<boolean>

export function createCheckBlob(deps: {
  readonly blobs: Pick<BlobStore, 'open'>
  readonly damage: Pick<DamageStore, 'reportBlob' | 'closeBlob'>
  readonly onRead: (bytes: number) => Promise<void>
  readonly onNotice: (notice: ScrubNotice) => void
  readonly now: () => number
}): CheckBlob {
  const { blobs, damage, onRead, onNotice, now } = deps

  /** A memory or a cable that errs once is not a blob that is damaged. */
  async function inspectTwice(blob: BlobToInspect): Promise<Inspection> {
    const first = await inspectBlob(blobs, blob, onRead)
    if (first.kind !== 'damaged') return first
    await first.blob?.close()
    return inspectBlob(blobs, blob, onRead)
  }

  /** False when what was found is not there any more. */
  async function setAside(finding: BlobFinding, blob: OpenBlob | undefined): Promise<boolean> {
    if (blob === undefined) return true
    try {
      return await blob.quarantine(noteOn(finding, now()))
    } catch (error) {
      onNotice({ kind: 'quarantine-failed', digest: finding.digest, error })
      return true
    } finally {
      await blob.close()
    }
  }

  return async (blob) => {
    const { digest } = blob
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const seen = await inspectTwice(blob)
      if (seen.kind === 'whole') {
        await damage.closeBlob(digest, SYSTEM)
        return false
      }
      if (seen.kind === 'absent') {
        const finding = { digest, reason: 'missing', foundSize: undefined } as const
        // Asked for again in the transaction that enters it: it may have been deleted since it was listed.
        if (blob.size === undefined || !(await damage.reportBlob(finding, SYSTEM))) return false
        if (await isAbsent(blobs, blob)) {
          onNotice({ kind: 'blob-damaged', finding, isNeeded: true })
          return true
        }
      } else {
        const isNeeded = await damage.reportBlob(seen.finding, SYSTEM)
        if (await setAside(seen.finding, seen.blob)) {
          onNotice({ kind: 'blob-damaged', finding: seen.finding, isNeeded })
          return isNeeded
        }
      }
    }
    return false
  }
}

async function isAbsent(blobs: Pick<BlobStore, 'open'>, { digest }: BlobToInspect): Promise<boolean> {
  const blob = await blobs.open(digest)
  await blob?.close()
  return blob === undefined
}

const WORDS: Readonly<Record<BlobFinding['reason'], string>> = {
  altered: 'its bytes are not those of its digest',
  resized: 'it has not as many bytes as when it was pushed',
  missing: 'it is not there',
  unreadable: 'the disk does not give its bytes back',
}

function noteOn({ digest, reason, foundSize }: BlobFinding, at: number): string {
  return [
    `Set aside by a scrub of Kontor on ${new Date(at).toISOString()}.`,
    `It was stored as ${digest}; ${WORDS[reason]}.`,
    `Bytes found: ${foundSize ?? 'unknown'}.`,
    'Nothing uses this file any more. Pushing the image again brings the blob back; then it can be deleted.',
    '',
  ].join('\n')
}
