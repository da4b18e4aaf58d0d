import type { Origin } from './audit-events.ts'
import type { AccountId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

/** What an account may do on the whole instance. */
export type InstanceRole = 'none' | 'auditor' | 'admin'

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
  /** Milliseconds since the epoch; undefined while the account may be used. */
  readonly disabledAt: number | undefined
  readonly createdAt: number
}

export interface NewUser {
  readonly name: string
  readonly passwordHash: string
  readonly email: string | undefined
  readonly role: InstanceRole
}

/** What may change of an account; a key that is absent stays as it is, `null` clears it. */
export interface AccountChanges {
  readonly displayName?: string | null
  readonly email?: string | null
  readonly role?: InstanceRole
  readonly disabled?: boolean
  /** A new password ends every token made before (S52). */
  readonly passwordHash?: string
}

export interface AccountStore {
  findById(id: AccountId): Promise<Account | undefined>
  findByName(name: string): Promise<Account | undefined>
  /** In order of name. */
  list(page: PageRequest): Promise<Page<Account>>
  createUser(user: NewUser, origin: Origin): Promise<{ kind: 'created'; account: Account } | { kind: 'name-taken' }>
  /** Makes sure an organization of this name is there; does nothing when any account has the name. */
  ensureOrganization(name: string, origin: Origin): Promise<void>
  update(id: AccountId, changes: AccountChanges, origin: Origin): Promise<Account | undefined>
}
