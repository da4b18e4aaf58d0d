import type { Permission } from '../../oci/permission.ts'
import type { Origin } from './audit-events.ts'
import type { AccountId, RobotId, RobotSecretId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { Deletion, IfVersion } from './versions.ts'

/** A subject that an organization owns: a build server, a cluster. What it may do are its grants. */
export interface Robot {
  readonly id: RobotId
  readonly organizationId: AccountId
  /** As it is now; with {@link name} it makes the user name `acme+ci`. */
  readonly organizationName: string
  readonly name: string
  /** Milliseconds since the epoch; undefined for one that does not expire. */
  readonly expiresAt: number | undefined
  readonly disabledAt: number | undefined
  readonly createdAt: number
  /** Grows with every change. */
  readonly version: number
}

export interface NewRobot {
  readonly organizationId: AccountId
  readonly name: string
  /** Become grants; patterns without the organization's name. */
  readonly scopes: readonly { readonly pattern: string; readonly permission: Permission }[]
  readonly expiresAt: number | undefined
  readonly secretHash: Buffer
}

/** One of a robot's two secrets, without the secret itself. */
export interface RobotSecret {
  readonly id: RobotSecretId
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
  readonly lastUsedFrom: string | undefined
}

/** Two, so that the new one can be rolled out while the old one still works. */
export const MAX_ROBOT_SECRETS = 2

export interface RobotChanges {
  /** `null`: never. */
  readonly expiresAt?: number | null
  readonly disabled?: boolean
}

export type RobotUpdate =
  | { readonly kind: 'updated'; readonly robot: Robot }
  | { readonly kind: 'absent' }
  | { readonly kind: 'stale' }

export interface RobotStore {
  find(organizationId: AccountId, name: string): Promise<Robot | undefined>
  /** The robot that a secret is of. */
  findBySecret(secretHash: Buffer): Promise<{ readonly robot: Robot; readonly secretId: RobotSecretId } | undefined>
  /** The robot, as long as it has this secret: what a token made with the secret rests on. */
  findWithSecret(id: RobotId, secretId: RobotSecretId): Promise<Robot | undefined>
  /** In order of name. */
  list(organizationId: AccountId, page: PageRequest): Promise<Page<Robot>>
  create(
    robot: NewRobot,
    origin: Origin,
  ): Promise<{ readonly kind: 'created'; readonly robot: Robot } | { readonly kind: 'name-taken' }>
  update(id: RobotId, changes: RobotChanges, origin: Origin, ifVersion?: IfVersion): Promise<RobotUpdate>
  /** Removes a robot with its grants and secrets. */
  delete(id: RobotId, origin: Origin, ifVersion?: IfVersion): Promise<Deletion>
  /** Oldest first. */
  listSecrets(id: RobotId): Promise<readonly RobotSecret[]>
  addSecret(
    id: RobotId,
    secretHash: Buffer,
    origin: Origin,
  ): Promise<{ readonly kind: 'added'; readonly secret: RobotSecret } | { readonly kind: 'too-many' }>
  /** False when the robot has no such secret. */
  deleteSecret(id: RobotId, secretId: RobotSecretId, origin: Origin): Promise<boolean>
}
