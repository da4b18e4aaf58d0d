import type { AccountId } from './identities.ts'

/** A long-lived credential that docker keeps instead of the password ("identity token"). */
export interface RefreshToken {
  readonly accountId: AccountId
  /** The account's {@link import('./accounts.ts').Account.credentialsVersion} when it was made. */
  readonly credentialsVersion: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export interface RefreshTokenStore {
  /** Keeps a token by the SHA-256 of its text; the text itself is never stored. */
  create(tokenHash: Buffer, token: RefreshToken): Promise<void>
  find(tokenHash: Buffer): Promise<RefreshToken | undefined>
}
