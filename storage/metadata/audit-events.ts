import type { AccountId } from './identities.ts'

/** Who changes something, by which credential, from where: what an audit event says of its author. */
export interface Origin {
  /** Undefined for the server itself (first start, jobs). */
  readonly accountId: AccountId | undefined
  /** The account's name at the time; kept because accounts come and go. */
  readonly accountName: string
  /** How the author proved who they are, e.g. `password`, `bearer`, `system`. Never a secret. */
  readonly credential: string
  /** The client's IP address; empty for the server itself. */
  readonly address: string
  readonly requestId: string
}

/** What an audit event is about. */
export type AuditAction =
  | 'account.created'
  | 'account.updated'
  | 'blob.deleted'
  | 'manifest.deleted'
  | 'manifest.pushed'
  | 'repository.created'
  | 'repository.deleted'
  | 'repository.updated'
  | 'signing_key.created'
  | 'tag.deleted'

export interface AuditEvent {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly action: AuditAction
  /** What was changed: a repository, `repository:tag`, `repository@digest` or an account. */
  readonly object: string
  readonly origin: Origin
  /** More about the change, as JSON. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** The trail that every change leaves. Events are written by the stores that change things, never on their own. */
export interface AuditLog {
  /** The newest events first. */
  list(request: { readonly before: number | undefined; readonly limit: number }): Promise<readonly AuditEvent[]>
}
