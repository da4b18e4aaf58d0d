import type { Digest } from '../../oci/digest.ts'
import type { Origin } from './audit-events.ts'
import type { ManifestId, ScrubId } from './identities.ts'

/** How far a scrub is, and what it has seen. */
export interface ScrubProgress {
  /** The last blob that is done. */
  readonly lastDigest: Digest | undefined
  /** The last manifest that is done; undefined until all blobs are. */
  readonly lastManifestId: ManifestId | undefined
  readonly blobs: number
  /** Bytes of blobs that were read. */
  readonly blobBytes: number
  readonly manifests: number
  /** Damaged blobs and manifests, those that were known before among them. */
  readonly damaged: number
}

/** One pass over everything that is stored. */
export interface Scrub {
  readonly id: ScrubId
  /** Milliseconds since the epoch, as all times here. */
  readonly startedAt: number
  /** Bytes per second to be read at most; undefined for as fast as it goes. */
  readonly bytesPerSecond: number | undefined
  /** Since when it waits to be told to go on. */
  readonly pausedAt: number | undefined
  /** Why it could not go on, when it was not somebody who paused it. */
  readonly problem: string | undefined
  readonly finishedAt: number | undefined
  readonly progress: ScrubProgress
}

/** The newest scrub. It outlives the process that does it: whoever holds the data folder next goes on with it. */
export interface ScrubStore {
  find(): Promise<Scrub | undefined>
  /**
   * Starts a scrub; one that is not finished goes on where it is instead, unless `startsOver`. In both cases at this
   * speed from now on.
   */
  start(
    wish: { readonly bytesPerSecond: number | undefined; readonly startsOver: boolean },
    origin: Origin,
  ): Promise<Scrub>
  /** Has the scrub wait, if one is under way; gives the newest one. */
  pause(problem: string | undefined, origin: Origin): Promise<Scrub | undefined>
  /** Remembers how far a scrub is, if it is still the newest; gives the newest one, with what was asked of it meanwhile. */
  checkpoint(id: ScrubId, progress: ScrubProgress): Promise<Scrub | undefined>
  /** As {@link checkpoint}, for one that is through. */
  finish(id: ScrubId, progress: ScrubProgress): Promise<Scrub | undefined>
}
