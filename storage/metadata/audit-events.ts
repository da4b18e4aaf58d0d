import type { AccountId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

/** Who changes something, by which credential, from where: what an audit event says of its author. */
export interface Origin {
  /** Undefined for robots, for anonymous and for the server itself (first start, jobs). */
  readonly accountId: AccountId | undefined
  /** The author's name at the time, a robot's too; kept because accounts come and go. */
  readonly accountName: string
  /** How the author proved who they are, e.g. `password`, `access-token 12`, `system`. Never a secret. */
  readonly credential: string
  /** The client's IP address; empty for the server itself. */
  readonly address: string
  readonly requestId: string
}

/** What an audit event is about. */
export const AUDIT_ACTIONS = [
  'access_token.created',
  'access_token.deleted',
  'account.created',
  'account.deleted',
  'account.updated',
  'blob.damaged',
  'blob.deleted',
  'blob.healed',
  'grant.created',
  'grant.deleted',
  'grant.updated',
  'invitation.accepted',
  'invitation.created',
  'invitation.deleted',
  'login',
  'manifest.damaged',
  'manifest.deleted',
  'manifest.healed',
  'manifest.pushed',
  'member.added',
  'member.removed',
  'member.updated',
  'refresh_token.created',
  'refresh_token.deleted',
  'repository.created',
  'repository.deleted',
  'repository.updated',
  'robot.created',
  'robot.deleted',
  'robot.updated',
  'robot_secret.created',
  'robot_secret.deleted',
  'scrub.paused',
  'scrub.started',
  'signing_key.created',
  'tag.deleted',
  'tag.pointed',
  'tag.restored',
  'team.created',
  'team.deleted',
  'team.updated',
  'team_member.added',
  'team_member.removed',
  /** A request that would have changed something and was refused; `detail.route` says which. */
  'write',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

export interface AuditEvent {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly action: AuditAction
  readonly outcome: 'done' | 'refused'
  /** What was changed: a repository, `repository:tag`, `repository@digest`, an account, `acme/team`, … */
  readonly object: string
  /** The account it concerns: whose namespace, members or settings. */
  readonly ownerId: AccountId | undefined
  readonly origin: Origin
  /** More about the change, as JSON. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** Which events to list; what is undefined does not matter. */
export interface AuditFilter {
  readonly ownerId: AccountId | undefined
  readonly action: AuditAction | undefined
  readonly outcome: AuditEvent['outcome'] | undefined
  /** The author's name. */
  readonly actor: string | undefined
  /** The object, or what it begins with followed by `/`, `:` or `@`. */
  readonly object: string | undefined
  /** Milliseconds since the epoch, inclusive. */
  readonly since: number | undefined
  /** Exclusive. */
  readonly until: number | undefined
  /** The id of an event: only those written after it. A time would not do, as refusals are written later than they are. */
  readonly newerThan: number | undefined
}

/** Something that was refused, as the edge noticed it. */
export interface Refusal {
  readonly action: 'login' | 'write'
  readonly object: string
  readonly ownerId: AccountId | undefined
  readonly origin: Origin
  /** Milliseconds since the epoch, of the first of them. */
  readonly at: number
  readonly detail: Readonly<Record<string, unknown>>
}

/** The trail that every change leaves. Events of changes are written by the stores that change things. */
export interface AuditLog {
  /**
   * The newest first; `after` is the id of the last event seen. A page may hold fewer events than asked for, even none,
   * while `next` says that there is more to look through: the search for something rare is cut into pieces.
   */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEvent>>
  /** Writes many at once: refusals are gathered in memory, so that a flood of them is not a flood of writes. */
  recordRefusals(refusals: readonly Refusal[]): Promise<void>
  /** Forgets events from before a time, at most `limit` of them; how many it forgot. */
  purge(before: number, limit: number): Promise<number>
}
