import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import type { DamageStore } from '../../storage/metadata/damage.ts'
import type { ManifestId } from '../../storage/metadata/identities.ts'
import type { Scrub, ScrubProgress, ScrubStore } from '../../storage/metadata/scrubs.ts'
import type { StoredContent } from '../../storage/metadata/stored-content.ts'
import { blobsToInspect } from './blobs-to-inspect.ts'
import { createCheckBlob } from './check-blob.ts'
import { createCheckManifest } from './check-manifest.ts'
import { createPace } from './pace.ts'
import type { ScrubNotice } from './scrub-notice.ts'

/** Milliseconds after which the progress is stored, and is asked whether to go on. */
const CHECKPOINT_EVERY_MS = 1000

/** What looking for a file and opening it costs, as bytes: a disk that seeks reads about as much meanwhile. */
const LOOK_BYTES = 64 * 1024

const MANIFESTS_AT_ONCE = 200

export interface RunScrubDeps {
  readonly blobs: Pick<BlobStore, 'open' | 'list'>
  readonly storedContent: StoredContent
  readonly damage: DamageStore
  readonly scrubs: Pick<ScrubStore, 'find' | 'checkpoint' | 'finish'>
  readonly onNotice: (notice: ScrubNotice) => void
  readonly now: () => number
}

/** Thrown within a scrub that somebody paused or started over. */
class Interrupted extends Error {}

/**
 * Goes on with the newest scrub from where it is, until it is finished, or paused, or the signal is aborted. Of what
 * was being read then, the beginning is read again the next time. Nothing to do is no error.
 * @returns the newest scrub as it stands afterwards.
 */
export async function runScrub(deps: RunScrubDeps, signal: AbortSignal): Promise<Scrub | undefined> {
  const { blobs, storedContent, damage, scrubs, onNotice, now } = deps
  const scrub = await scrubs.find()
  if (scrub === undefined || scrub.finishedAt !== undefined || scrub.pausedAt !== undefined) return scrub

  const { id } = scrub
  let progress: ScrubProgress = scrub.progress
  let storedAt = performance.now()
  let rate = scrub.bytesPerSecond
  const pace = createPace({ signal })
  pace.setRate(rate)

  function add(changes: Partial<ScrubProgress>): void {
    progress = { ...progress, ...changes }
  }

  /** @throws Interrupted */
  async function spend(bytes: number): Promise<void> {
    await pace.spend(bytes)
    if (performance.now() - storedAt < CHECKPOINT_EVERY_MS) return
    const newest = await scrubs.checkpoint(id, progress)
    storedAt = performance.now()
    if (newest?.id !== id || newest.pausedAt !== undefined) throw new Interrupted()
    if (newest.bytesPerSecond !== rate) pace.setRate(newest.bytesPerSecond)
    rate = newest.bytesPerSecond
  }

  async function checkBlobs(): Promise<void> {
    const onRead = async (bytes: number) => {
      add({ blobBytes: progress.blobBytes + bytes })
      await spend(bytes === 0 ? LOOK_BYTES : bytes)
    }
    const checkBlob = createCheckBlob({ blobs, damage, onRead, onNotice, now })
    for await (const blob of blobsToInspect({ blobs, storedContent }, progress.lastDigest)) {
      const isDamaged = await checkBlob(blob)
      add({
        lastDigest: blob.digest,
        blobs: progress.blobs + 1,
        damaged: progress.damaged + Number(isDamaged),
      })
    }
  }

  async function checkManifests(first: ManifestId): Promise<void> {
    const checkManifest = createCheckManifest({ storedContent, damage, pause: spend, onNotice })
    for (let last = first; ; ) {
      const page = await storedContent.listManifests(last, MANIFESTS_AT_ONCE)
      for (const manifest of page) {
        const isDamaged = await checkManifest(manifest)
        last = manifest.id
        const { manifests, damaged } = progress
        add({ lastManifestId: last, manifests: manifests + 1, damaged: damaged + Number(isDamaged) })
      }
      if (page.length === 0) return
    }
  }

  try {
    const before = 0 as ManifestId
    if (progress.lastManifestId === undefined) await checkBlobs()
    add({ lastManifestId: progress.lastManifestId ?? before })
    await checkManifests(progress.lastManifestId ?? before)
    return await scrubs.finish(id, progress)
  } catch (error) {
    const newest = await scrubs.checkpoint(id, progress)
    if (error instanceof Interrupted || signal.aborted) return newest
    throw error
  }
}
