import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { Invitation, InvitationAcceptance, InvitationStore } from '../../storage/metadata/invitations.ts'
import type { RightsStore } from '../../storage/metadata/rights.ts'
import { type Caller, originOf } from '../access/caller.ts'
import type { Passwords } from '../access/passwords.ts'
import { hashSecret } from '../access/secret-text.ts'
import { mayAssignRole } from './organization-rights.ts'

/** Who accepts: a user who is there, or somebody who becomes one by it. */
export type Invitee =
  | { readonly kind: 'user'; readonly account: Account }
  | {
      readonly kind: 'new-user'
      readonly username: string
      readonly password: string
      readonly email: string | undefined
    }

export type InvitationOutcome =
  | { readonly kind: 'accepted'; readonly account: Account; readonly invitation: Invitation }
  | Exclude<InvitationAcceptance, { readonly kind: 'accepted' }>

/** Invitations, for whoever has the link. */
export interface AcceptInvitation {
  /**
   * The invitation behind a link, while it can be accepted: nobody else has, it has not expired, and whoever sent it may
   * still give what it offers. Else somebody who is dismissed could come back by a link of their own making (I7).
   */
  find(text: string): Promise<Invitation | undefined>
  /**
   * Makes what the invitation offers. Nothing is hashed for one that is not there.
   * @throws RegistryError UNAVAILABLE when too many passwords wait to be hashed.
   */
  accept(text: string, invitee: Invitee, caller: Caller): Promise<InvitationOutcome>
}

export function createAcceptInvitation(deps: {
  readonly invitations: Pick<InvitationStore, 'findByHash' | 'accept'>
  readonly accounts: Pick<AccountStore, 'findById'>
  readonly rights: Pick<RightsStore, 'standing'>
  readonly passwords: Pick<Passwords, 'hash'>
}): AcceptInvitation {
  const { invitations, accounts, rights, passwords } = deps

  async function isStillOffered({ invitedBy, organization }: Invitation): Promise<boolean> {
    const inviter = await accounts.findById(invitedBy.id)
    if (inviter === undefined || inviter.disabledAt !== undefined) return false
    if (organization === undefined) return inviter.role === 'admin'
    const memberRole = (await rights.standing(organization.id, inviter.id))?.memberRole
    return mayAssignRole({ instanceRole: inviter.role, memberRole, isCollaborator: false }, organization.role)
  }

  async function find(text: string): Promise<Invitation | undefined> {
    const invitation = await invitations.findByHash(hashSecret(text))
    return invitation !== undefined && (await isStillOffered(invitation)) ? invitation : undefined
  }

  async function toStored(invitee: Invitee): Promise<Parameters<InvitationStore['accept']>[1]> {
    if (invitee.kind === 'user') return { kind: 'user', id: invitee.account.id }
    const { username: name, password, email } = invitee
    return { kind: 'new-user', user: { name, email, role: 'none', passwordHash: await passwords.hash(password) } }
  }

  return {
    find,
    async accept(text, invitee, caller) {
      const invitation = await find(text)
      if (invitation === undefined) return { kind: 'unknown' }
      const acceptance = await invitations.accept(hashSecret(text), await toStored(invitee), originOf(caller))
      return acceptance.kind === 'accepted' ? { ...acceptance, invitation } : acceptance
    },
  }
}
