import type { Origin } from './audit-events.ts'
import type { AccountId, RefreshTokenId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

/** A long-lived credential that docker keeps instead of the password ("identity token"), without its text. */
export interface RefreshToken {
  readonly id: RefreshTokenId
  readonly accountId: AccountId
  /** The account's {@link import('./accounts.ts').Account.credentialsVersion} when it was made. */
  readonly credentialsVersion: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The address that logged in. */
  readonly createdFrom: string
  readonly lastUsedAt: number | undefined
  readonly lastUsedFrom: string | undefined
}

export interface RefreshTokenStore {
  /** Keeps a token by the SHA-256 of its text; the text itself is never stored. */
  create(
    token: { readonly tokenHash: Buffer; readonly accountId: AccountId; readonly credentialsVersion: number },
    origin: Origin,
  ): Promise<RefreshToken>
  findByHash(tokenHash: Buffer): Promise<RefreshToken | undefined>
  findById(id: RefreshTokenId): Promise<RefreshToken | undefined>
  /** Those that still work, newest first. */
  list(accountId: AccountId, page: PageRequest): Promise<Page<RefreshToken>>
  /** False when the account has no such token. */
  delete(accountId: AccountId, id: RefreshTokenId, origin: Origin): Promise<boolean>
}
