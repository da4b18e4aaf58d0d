import type { Permission } from '../../oci/permission.ts'
import type { RepositoryPattern } from '../../oci/repository-pattern.ts'
import type { Origin } from './audit-events.ts'
import type { AccessTokenId, AccountId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

/** What a token keeps of its owner's rights. */
export interface TokenScope {
  readonly pattern: RepositoryPattern
  readonly permission: Permission
}

/** A personal access token, without its text. */
export interface AccessToken {
  readonly id: AccessTokenId
  readonly userId: AccountId
  readonly name: string
  /** Undefined: all of its owner's rights. */
  readonly scopes: readonly TokenScope[] | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Undefined for one that does not expire. */
  readonly expiresAt: number | undefined
  readonly lastUsedAt: number | undefined
  readonly lastUsedFrom: string | undefined
}

export interface NewAccessToken {
  readonly userId: AccountId
  readonly name: string
  readonly tokenHash: Buffer
  readonly scopes: readonly TokenScope[] | undefined
  readonly expiresAt: number | undefined
}

export interface AccessTokenStore {
  create(token: NewAccessToken, origin: Origin): Promise<AccessToken>
  findByHash(tokenHash: Buffer): Promise<AccessToken | undefined>
  findById(id: AccessTokenId): Promise<AccessToken | undefined>
  /** Newest first. */
  list(userId: AccountId, page: PageRequest): Promise<Page<AccessToken>>
  /** False when the user has no such token. */
  delete(userId: AccountId, id: AccessTokenId, origin: Origin): Promise<boolean>
}
