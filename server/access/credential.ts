import { includesPermission, type Permission } from '../../oci/permission.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import { covers, type RepositoryPattern } from '../../oci/repository-pattern.ts'
import type { ScopeAction } from '../../oci/scope.ts'
import type { TokenScope } from '../../storage/metadata/access-tokens.ts'
import type { Account } from '../../storage/metadata/accounts.ts'
import type { AccessTokenId, RefreshTokenId, RobotSecretId } from '../../storage/metadata/identities.ts'
import type { Viewer } from '../../storage/metadata/repositories.ts'
import type { Robot } from '../../storage/metadata/robots.ts'

/** Who acts. The account or robot is as the database has it now, for this request: a right taken away is gone (I7). */
export type Subject =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly account: Account }
  | { readonly kind: 'robot'; readonly robot: Robot }

/** How a credential was proven: what the audit trail names, and what a token made with it rests on. */
export type Proof =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password' }
  | { readonly kind: 'access-token'; readonly id: AccessTokenId }
  | { readonly kind: 'refresh-token'; readonly id: RefreshTokenId }
  | { readonly kind: 'robot-secret'; readonly id: RobotSecretId }

/** A repository under the name it was asked for and the name it has; they differ after a rename. */
export interface NamedRepository {
  readonly asked: RepositoryName
  readonly name: RepositoryName
}

/** What a credential keeps of its subject's rights; it never adds one. */
export interface Narrowing {
  /** Whether the credential still stands for this permission on this repository. */
  keeps(permission: Permission, repository: NamedRepository): boolean
  /** For lists: the repositories that are left; undefined leaves all. */
  readonly within: readonly RepositoryPattern[] | undefined
  /** Whether it may list what is left. */
  readonly keepsCatalog: boolean
}

/** A subject, and optionally less than the subject's rights: all that the policy knows of whoever asks. */
export interface Credential {
  readonly subject: Subject
  /** Undefined: everything the subject may do, administration included. */
  readonly narrowing: Narrowing | undefined
  readonly proof: Proof
  /**
   * For a `/token` JWT: what it was exchanged for. A client that mounts a blob often holds a token for the target only
   * (cached tokens); whether the source may be read is then asked of what stood behind the token.
   */
  readonly exchangedFor: Credential | undefined
  /** Milliseconds since the epoch from when it proves nothing any more; undefined for what does not end by itself. */
  readonly expiresAt: number | undefined
}

export const ANONYMOUS: Credential = {
  subject: { kind: 'anonymous' },
  narrowing: undefined,
  proof: { kind: 'anonymous' },
  exchangedFor: undefined,
  expiresAt: undefined,
}

/** A user who has proven who they are, with all rights or with what the scopes of an access token leave of them. */
export function userCredential(
  account: Account,
  proof: Proof,
  scopes?: readonly TokenScope[],
  expiresAt?: number,
): Credential {
  const narrowing = scopes && narrowingToScopes(scopes)
  return { subject: { kind: 'user', account }, narrowing, proof, exchangedFor: undefined, expiresAt }
}

/** A robot; what it may do are its grants. */
export function robotCredential(robot: Robot, secretId: RobotSecretId): Credential {
  return {
    subject: { kind: 'robot', robot },
    narrowing: undefined,
    proof: { kind: 'robot-secret', id: secretId },
    exchangedFor: undefined,
    expiresAt: robot.expiresAt,
  }
}

/**
 * What a `/token` JWT stands for: the credential it was exchanged for, less what it does not carry (S02).
 * @param expiresAt when the JWT ends, should what is behind it last longer.
 */
export function exchangedCredential(
  exchangedFor: Credential,
  carried: Narrowing,
  expiresAt = Number.POSITIVE_INFINITY,
): Credential {
  const { subject, proof, narrowing } = exchangedFor
  return {
    subject,
    proof,
    exchangedFor,
    expiresAt: Math.min(expiresAt, exchangedFor.expiresAt ?? Number.POSITIVE_INFINITY),
    narrowing: {
      keeps: (permission, repository) =>
        carried.keeps(permission, repository) && (narrowing?.keeps(permission, repository) ?? true),
      within: narrowing?.within,
      keepsCatalog: carried.keepsCatalog && (narrowing?.keepsCatalog ?? true),
    },
  }
}

function narrowingToScopes(scopes: readonly TokenScope[]): Narrowing {
  return {
    keeps: (permission, { name }) =>
      scopes.some((scope) => includesPermission(scope.permission, permission) && covers(scope.pattern, name)),
    within: scopes.map(({ pattern }) => pattern),
    keepsCatalog: true,
  }
}

/** A stable name for a subject, to which upload sessions are bound. */
export function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'user':
      return `user:${subject.account.id}`
    case 'robot':
      return `robot:${subject.robot.id}`
  }
}

/** The name to show and to record; empty for anonymous. */
export function subjectName(subject: Subject): string {
  switch (subject.kind) {
    case 'anonymous':
      return ''
    case 'user':
      return subject.account.name
    case 'robot':
      return robotUsername(subject.robot)
  }
}

/** The name a robot logs in with. `+` is in no account's name, so the two never meet. */
export function robotUsername({ organizationName, name }: Pick<Robot, 'organizationName' | 'name'>): string {
  return `${organizationName}+${name}`
}

/** Whose eyes lists are made for. */
export function viewerOf({ subject, narrowing }: Credential): Viewer {
  const within = narrowing?.within
  if (subject.kind === 'anonymous') return { kind: 'anonymous' }
  if (subject.kind === 'robot') return { kind: 'robot', robotId: subject.robot.id, within }
  const { id, role } = subject.account
  return role === 'none' ? { kind: 'user', userId: id, within } : { kind: 'everything', within }
}

/** Whose eyes lists of repositories are made for: a token that was not made for the catalogue names no private one. */
export function listViewerOf(credential: Credential): Viewer {
  return credential.narrowing?.keepsCatalog === false ? { kind: 'anonymous' } : viewerOf(credential)
}

/** The permission behind each action of Docker's token protocol. */
export const PERMISSION_OF_ACTION = {
  pull: 'pull',
  push: 'push',
  delete: 'maintain',
} as const satisfies Record<ScopeAction, Permission>
