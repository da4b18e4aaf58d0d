import type { ScrubStore } from '../../storage/metadata/scrubs.ts'
import { SYSTEM } from '../access/caller.ts'
import type { Log } from '../log.ts'
import { type RunScrubDeps, runScrub } from './run-scrub.ts'
import type { ScrubNotice } from './scrub-notice.ts'

/** Does what scrubs are asked for while the server runs. */
export interface Scrubber {
  /** Goes on with the scrub, if there is one to go on with; resolves when it is through, or paused, or stopped. */
  run(): Promise<void>
  /** Ends a run under way, soon: the next server goes on with it. */
  stop(): void
}

export function createScrubber(
  deps: Omit<RunScrubDeps, 'onNotice' | 'scrubs'> & { readonly scrubs: ScrubStore; readonly log: Log },
): Scrubber {
  const { scrubs, log } = deps
  const stopping = new AbortController()
  return {
    async run() {
      const before = await scrubs.find()
      if (before === undefined || before.finishedAt !== undefined || before.pausedAt !== undefined) return
      const { bytesPerSecond, progress } = before
      log.info({ event: 'scrub.running', bytesPerSecond, blobs: progress.blobs }, 'scrubbing what is stored')
      try {
        const scrub = await runScrub({ ...deps, onNotice: (notice) => logNotice(log, notice) }, stopping.signal)
        if (scrub?.finishedAt === undefined) return
        const { blobs, blobBytes, manifests, damaged } = scrub.progress
        log.info({ event: 'scrub.finished', blobs, blobBytes, manifests, damaged }, 'scrubbed all that is stored')
      } catch (error) {
        log.error({ event: 'scrub.failed', err: error }, 'the scrub cannot go on; start it again once that is mended')
        await scrubs.pause(error instanceof Error ? error.message : String(error), SYSTEM)
      }
    },
    stop: () => stopping.abort(),
  }
}

function logNotice(log: Log, notice: ScrubNotice): void {
  switch (notice.kind) {
    case 'blob-damaged': {
      const { digest, reason, foundSize } = notice.finding
      const fields = { event: 'scrub.blob-damaged', digest, reason, foundSize, isNeeded: notice.isNeeded }
      log.error(fields, 'a blob is damaged; pushing it again heals it')
      break
    }
    case 'manifest-damaged': {
      const { digest, reason } = notice
      log.error({ event: 'scrub.manifest-damaged', digest, reason }, 'a manifest is damaged; pushing it again heals it')
      break
    }
    case 'quarantine-failed': {
      const { digest, error } = notice
      log.error(
        { event: 'scrub.quarantine-failed', digest, err: error },
        'a damaged blob cannot be moved; it is not served all the same',
      )
    }
  }
}
