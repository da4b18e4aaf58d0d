import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** How long the store holds a name that was given up: 30 days. */
export const HOLD_NAMES_FOR_MS = 30 * 24 * 60 * 60 * 1000

/** A metadata store as a test gets it: empty, its own, and on a clock that the test moves. */
export interface MetadataStoreUnderTest {
  /** Another object after {@link reopen}. */
  readonly store: MetadataStore
  readonly clock: VirtualClock
  /** Closes the store and opens it again on what it kept. */
  reopen(): Promise<void>
  /** Closes the store and removes all that it left. */
  close(): Promise<void>
}
