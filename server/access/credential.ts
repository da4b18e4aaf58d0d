import type { RepositoryName } from '../../oci/repository-name.ts'
import type { ScopeAction } from '../../oci/scope.ts'
import type { Account } from '../../storage/metadata/accounts.ts'
import type { Viewer } from '../../storage/metadata/repositories.ts'

/** What one may do with a repository; each includes those before it. */
export const PERMISSIONS = ['pull', 'push', 'maintain', 'admin'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** True when holding `held` allows what needs `needed`. */
export function includesPermission(held: Permission, needed: Permission): boolean {
  return PERMISSIONS.indexOf(held) >= PERMISSIONS.indexOf(needed)
}

/** Who acts. The account is as the database has it now, for this request: a right taken away is gone (I7). */
export type Subject = { readonly kind: 'anonymous' } | { readonly kind: 'user'; readonly account: Account }

/** What a credential keeps of its subject's rights; it never adds one. */
export interface Narrowing {
  /** Whether the credential still stands for this permission on this repository. */
  keeps(permission: Permission, repository: RepositoryName): boolean
  /** Whether it may list what its subject may see. */
  readonly keepsCatalog: boolean
}

/** A subject, and optionally less than the subject's rights: all that the policy knows of whoever asks. */
export interface Credential {
  readonly subject: Subject
  /** Undefined: everything the subject may do. */
  readonly narrowing: Narrowing | undefined
  /** How it was proven, for the audit trail. */
  readonly proof: 'anonymous' | 'password' | 'refresh-token' | 'bearer'
  /**
   * For a `/token` JWT: what it was exchanged for. A client that mounts a blob often holds a token for the target only
   * (cached tokens); whether the source may be read is then asked of what stood behind the token.
   */
  readonly exchangedFor: Credential | undefined
}

export const ANONYMOUS: Credential = {
  subject: { kind: 'anonymous' },
  narrowing: undefined,
  proof: 'anonymous',
  exchangedFor: undefined,
}

/** All rights of a user who has proven who they are. */
export function credentialOf(account: Account, proof: 'password' | 'refresh-token'): Credential {
  return { subject: { kind: 'user', account }, narrowing: undefined, proof, exchangedFor: undefined }
}

/** What a `/token` JWT stands for: the credential it was exchanged for, less what it does not carry. */
export function exchangedCredential(exchangedFor: Credential, narrowing: Narrowing): Credential {
  return { subject: exchangedFor.subject, narrowing, proof: 'bearer', exchangedFor }
}

/** A stable name for a subject, to which upload sessions are bound. */
export function subjectKey(subject: Subject): string {
  return subject.kind === 'anonymous' ? 'anonymous' : `user:${subject.account.id}`
}

/** The name to show and to record; empty for anonymous. */
export function subjectName(subject: Subject): string {
  return subject.kind === 'anonymous' ? '' : subject.account.name
}

/** Whose eyes lists are made for. */
export function viewerOf(subject: Subject): Viewer {
  if (subject.kind === 'anonymous') return { kind: 'anonymous' }
  const { id, role } = subject.account
  return role === 'none' ? { kind: 'account', accountId: id } : { kind: 'everything' }
}

/** The permission behind each action of Docker's token protocol. */
export const PERMISSION_OF_ACTION = {
  pull: 'pull',
  push: 'push',
  delete: 'maintain',
} as const satisfies Record<ScopeAction, Permission>
