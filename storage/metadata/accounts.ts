import type { Origin } from './audit-events.ts'
import type { AccountId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { Visibility } from './repositories.ts'
import type { Deletion, IfVersion } from './versions.ts'

/** What an account may do on the whole instance. */
export type InstanceRole = 'none' | 'auditor' | 'admin'

/** What an organization's members hold on all of its repositories. */
export type BasePermission = 'none' | 'pull' | 'push'

/** A user or an organization: what owns the namespace of its name. */
export interface Account {
  readonly id: AccountId
  readonly kind: 'user' | 'organization'
  readonly name: string
  readonly displayName: string | undefined
  readonly email: string | undefined
  readonly role: InstanceRole
  /** An argon2id hash in PHC form; undefined for accounts nobody can log in to. */
  readonly passwordHash: string | undefined
  /** Grows whenever credentials given out so far must end (password change); tokens carry the one they were made at. */
  readonly credentialsVersion: number
  /** Of an organization; without meaning for users. */
  readonly basePermission: BasePermission
  /** What repositories of this namespace are when the first push creates them. */
  readonly defaultVisibility: Visibility
  /** Milliseconds since the epoch; undefined while the account may be used. */
  readonly disabledAt: number | undefined
  readonly createdAt: number
  /** Grows with every change, so that nobody overwrites a change they have not seen. */
  readonly version: number
}

export interface NewUser {
  readonly name: string
  readonly passwordHash: string
  readonly email: string | undefined
  readonly role: InstanceRole
}

export interface NewOrganization {
  readonly name: string
  readonly displayName: string | undefined
  /** The user who becomes its first owner; undefined leaves it to the instance's administrators. */
  readonly ownerId: AccountId | undefined
}

/** What may change of an account; a key that is absent stays as it is, `null` clears it. */
export interface AccountChanges {
  /** Renames the account and all its repositories; both go on answering under their old names. */
  readonly name?: string
  readonly displayName?: string | null
  readonly email?: string | null
  readonly role?: InstanceRole
  readonly disabled?: boolean
  /** A new password ends every refresh token and bearer token made with the old one (S52). */
  readonly passwordHash?: string
  readonly basePermission?: BasePermission
  readonly defaultVisibility?: Visibility
}

export type AccountCreation =
  | { readonly kind: 'created'; readonly account: Account }
  /** Or given up so recently that it is still held for whoever remembers it. */
  | { readonly kind: 'name-taken' }

export type AccountUpdate =
  | { readonly kind: 'updated'; readonly account: Account }
  | { readonly kind: 'absent' }
  /** Somebody changed it since the version the caller has seen. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'name-taken' }
  /** Nobody could administer the instance any more. */
  | { readonly kind: 'last-admin' }

export type AccountDeletion =
  | Deletion
  | { readonly kind: 'has-repositories'; readonly count: number }
  /** The user is the only owner of these organizations. */
  | { readonly kind: 'last-owner'; readonly organizations: readonly string[] }
  | { readonly kind: 'last-admin' }

export interface AccountStore {
  findById(id: AccountId): Promise<Account | undefined>
  findByName(name: string): Promise<Account | undefined>
  /** By its name or one it had before. */
  resolveName(name: string): Promise<Account | undefined>
  /** In order of name. */
  listUsers(page: PageRequest): Promise<Page<Account>>
  /** All organizations, or those that a user is a member of or holds a grant in; in order of name. */
  listOrganizations(ofUser: AccountId | undefined, page: PageRequest): Promise<Page<Account>>
  createUser(user: NewUser, origin: Origin): Promise<AccountCreation>
  createOrganization(organization: NewOrganization, origin: Origin): Promise<AccountCreation>
  /** Makes sure an organization of this name is there; does nothing when any account has the name. */
  ensureOrganization(name: string, origin: Origin): Promise<void>
  /** @param ifVersion what the caller has seen; undefined changes whatever is there. */
  update(id: AccountId, changes: AccountChanges, origin: Origin, ifVersion?: IfVersion): Promise<AccountUpdate>
  /** Removes an account that owns nothing, with its memberships, grants and tokens; its name is held. @param ifVersion as for `update`. */
  delete(id: AccountId, origin: Origin, ifVersion?: IfVersion): Promise<AccountDeletion>
}
