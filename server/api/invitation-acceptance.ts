import { z } from 'zod'
import type { Caller } from '../access/caller.ts'
import type { AcceptInvitation, InvitationOutcome, Invitee } from '../accounts/accept-invitation.ts'
import type { SignUpThrottle } from '../accounts/sign-up-throttle.ts'
import { NotAdmitted } from './admission.ts'
import { email, memberRole, newAccountName, newPassword } from './fields.ts'
import { Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { shownUser, showUser } from './shown-user.ts'
import { tooManyTries } from './too-many-tries.ts'

const acceptance = z
  .strictObject({
    token: z.string().max(200),
    username: newAccountName.optional(),
    password: newPassword.optional(),
    email: email.optional(),
  })
  .meta({
    id: 'InvitationAcceptance',
    description: 'With credentials the token alone; without any, the name and the password of the account to be made',
  })

const acceptedInvitation = z
  .strictObject({
    user: shownUser,
    organization: z.string().nullable().meta({ description: 'Which the user has joined' }),
    role: memberRole.nullable().meta({ description: 'In the organization' }),
  })
  .meta({ id: 'AcceptedInvitation' })

/** `/invitations/accept`: for whoever has been given a link. */
export function createInvitationAcceptanceRoutes(deps: {
  readonly acceptInvitation: AcceptInvitation
  readonly signUpThrottle: SignUpThrottle
}): ApiRoute[] {
  const { acceptInvitation, signUpThrottle } = deps

  /** @throws Problem for an invitation that was not accepted; guesses at invitations are counted. */
  async function requireAccepted(outcome: InvitationOutcome, invitee: Invitee, { address }: Caller) {
    switch (outcome.kind) {
      case 'accepted':
        return outcome
      case 'unknown': {
        const seconds = await signUpThrottle.take(address)
        if (seconds !== undefined) throw tooManyTries('invitations tried from your address', seconds)
        throw new Problem(404, 'NOT_FOUND', UNKNOWN)
      }
      case 'name-taken': {
        const name = invitee.kind === 'new-user' ? invitee.username : invitee.account.name
        throw new Problem(409, 'NAME_TAKEN', `the name ${name} is taken, or was until recently; choose another`)
      }
      case 'already-member':
        throw new Problem(409, 'ALREADY_MEMBER', 'you have what this invitation offers; leave it to somebody else')
    }
  }

  return [
    apiRoute({
      method: 'post',
      path: '/invitations/accept',
      summary: 'Accept an invitation, as the user who asks or by making an account',
      access: { kind: 'public' },
      body: acceptance,
      result: acceptedInvitation,
      statuses: [200, 201],
      async handle({ body, caller }) {
        const invitee = inviteeOf(caller, body)
        const outcome = await acceptInvitation.accept(body.token, invitee, caller)
        const { account, invitation } = await requireAccepted(outcome, invitee, caller)
        return {
          status: invitee.kind === 'new-user' ? 201 : 200,
          body: {
            user: showUser(account),
            organization: invitation.organization?.name ?? null,
            role: invitation.organization?.role ?? null,
          },
        }
      },
    }),
  ]
}

/** One sentence for all reasons: which of them it is, is the inviter's business. */
const UNKNOWN =
  'this invitation cannot be accepted: it is mistyped, used up, withdrawn or expired, or whoever sent it may not invite ' +
  'any more; ask for a new one'

/** @throws Problem for whoever can accept nothing, or not like this */
function inviteeOf({ credential }: Caller, { username, password, email }: z.infer<typeof acceptance>): Invitee {
  const { subject, narrowing } = credential
  if (subject.kind === 'anonymous') {
    if (username !== undefined && password !== undefined) return { kind: 'new-user', username, password, email }
    throw new Problem(400, 'BODY_INVALID', 'send the username and password of the account to be made, or log in first')
  }
  if (subject.kind === 'robot' || narrowing !== undefined) {
    const message = 'robots and tokens with scopes cannot accept invitations; use a password, or no credentials at all'
    throw new NotAdmitted(new Problem(403, 'DENIED', message), { object: 'registry', ownerId: undefined })
  }
  if (username === undefined && password === undefined && email === undefined) {
    return { kind: 'user', account: subject.account }
  }
  const message = 'you are logged in and accept as that user: send the token alone, or no credentials for a new account'
  throw new Problem(400, 'BODY_INVALID', message)
}
