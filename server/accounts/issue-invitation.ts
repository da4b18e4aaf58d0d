import type { Account } from '../../storage/metadata/accounts.ts'
import type { Invitation, InvitationStore, NewInvitation } from '../../storage/metadata/invitations.ts'
import { type Caller, originOf } from '../access/caller.ts'
import { createSecretText, hashSecret } from '../access/secret-text.ts'

/** Links lie in mailboxes and chats: whoever reads them there later must find them stale. */
export const MAX_INVITATION_DAYS = 30

export const DEFAULT_INVITATION_DAYS = 7

const DAY_MS = 24 * 60 * 60 * 1000

/** What somebody is to be invited to. */
export interface InvitationWish {
  /** Undefined: an account on this registry and nothing more. */
  readonly organization: NewInvitation['organization']
  /** For whom it is. */
  readonly note: string | undefined
  /** Milliseconds since the epoch; undefined: in {@link DEFAULT_INVITATION_DAYS}. */
  readonly expiresAt: number | undefined
}

export type InvitationIssue =
  /** The text is nowhere else: it can be shown this once. */
  | { readonly kind: 'issued'; readonly invitation: Invitation; readonly text: string }
  /** The expiry is in the past or more than {@link MAX_INVITATION_DAYS} away. */
  | { readonly kind: 'wrong-expiry' }

/** Makes an invitation; whether the inviter may is decided before. */
export type IssueInvitation = (inviter: Account, wish: InvitationWish, caller: Caller) => Promise<InvitationIssue>

export function createIssueInvitation(deps: {
  readonly invitations: Pick<InvitationStore, 'create'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): IssueInvitation {
  const { invitations, now } = deps
  return async (inviter, { organization, note, expiresAt = now() + DEFAULT_INVITATION_DAYS * DAY_MS }, caller) => {
    if (expiresAt <= now() || expiresAt > now() + MAX_INVITATION_DAYS * DAY_MS) return { kind: 'wrong-expiry' }
    const text = createSecretText('invitation')
    const wanted = { tokenHash: hashSecret(text), organization, note, invitedBy: inviter.id, expiresAt }
    return { kind: 'issued', invitation: await invitations.create(wanted, originOf(caller)), text }
  }
}
