import type { AccessTokenId, RefreshTokenId, RobotSecretId } from './identities.ts'

/** A secret that can be used. */
export type UsedSecret =
  | { readonly kind: 'access-token'; readonly id: AccessTokenId }
  | { readonly kind: 'robot-secret'; readonly id: RobotSecretId }
  | { readonly kind: 'refresh-token'; readonly id: RefreshTokenId }

/** When and from where a secret was used last. */
export interface LastUse {
  readonly secret: UsedSecret
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The client's IP address. */
  readonly from: string
}

export interface LastUseStore {
  /**
   * Writes many at once: uses are gathered in memory, because reading must not write (I3). It leaves no audit events:
   * nobody decided to change anything, and a trail of every use would be a log of every pull. A use that is older than
   * the one known changes nothing, nor does one of a secret that is gone.
   */
  record(uses: readonly LastUse[]): Promise<void>
}
