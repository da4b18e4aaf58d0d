import { z } from 'zod'
import type { InvitationId } from '../../storage/metadata/identities.ts'
import type { Invitation, InvitationStore } from '../../storage/metadata/invitations.ts'
import { originOf } from '../access/caller.ts'
import type { AcceptInvitation } from '../accounts/accept-invitation.ts'
import {
  DEFAULT_INVITATION_DAYS,
  type InvitationIssue,
  type IssueInvitation,
  MAX_INVITATION_DAYS,
} from '../accounts/issue-invitation.ts'
import { mayAssignRole } from '../accounts/organization-rights.ts'
import type { SignUpThrottle } from '../accounts/sign-up-throttle.ts'
import { NotAdmitted } from './admission.ts'
import { memberRole, readId, shownTime, time } from './fields.ts'
import { createInvitationAcceptanceRoutes } from './invitation-acceptance.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showTime } from './show-time.ts'

const newInvitation = z
  .strictObject({
    note: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .optional()
      .meta({ description: 'For whom it is; whoever has the link reads it' }),
    expiresAt: time.optional().meta({ description: `Absent: in ${DEFAULT_INVITATION_DAYS} days` }),
  })
  .meta({ id: 'NewInvitation' })

const newOrganizationInvitation = newInvitation.extend({ role: memberRole }).meta({ id: 'NewOrganizationInvitation' })

const shownInvitation = z
  .strictObject({
    id: z.int(),
    organization: z.string().nullable().meta({ description: 'Null: an account on the registry and nothing more' }),
    role: memberRole.nullable().meta({ description: 'In the organization' }),
    note: z.string().nullable(),
    invitedBy: z.string(),
    createdAt: shownTime,
    expiresAt: shownTime,
  })
  .meta({ id: 'Invitation' })

const issuedInvitation = shownInvitation
  .extend({
    token: z.string().meta({ description: 'What the invitation is accepted with; shown this once' }),
    link: z.url().meta({ description: 'A page that says how; whoever has it can accept the invitation' }),
  })
  .meta({ id: 'IssuedInvitation' })

/** `/invitations` and `/organizations/{org}/invitations`: accounts, and places in an organization, for who has a link. */
export function createInvitationRoutes(deps: {
  readonly invitations: Pick<InvitationStore, 'list' | 'delete'>
  readonly issueInvitation: IssueInvitation
  readonly acceptInvitation: AcceptInvitation
  readonly signUpThrottle: SignUpThrottle
}): ApiRoute[] {
  const { invitations, issueInvitation, acceptInvitation, signUpThrottle } = deps
  return [
    ...createInvitationAcceptanceRoutes({ acceptInvitation, signUpThrottle }),
    apiRoute({
      method: 'get',
      path: '/invitations',
      summary: 'List the open invitations onto the registry, the newest first',
      access: { kind: 'instance', role: 'auditor' },
      query: pageQuery,
      result: pageOf(shownInvitation),
      statuses: [200],
      async handle({ query }) {
        return { status: 200, body: showPage(await invitations.list(undefined, query), show) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/invitations',
      summary: 'Invite somebody onto the registry; the link is shown this once',
      access: { kind: 'instance', role: 'admin' },
      body: newInvitation,
      result: issuedInvitation,
      statuses: [201],
      async handle({ body: { note, expiresAt }, caller, origin }, { account }) {
        const wish = { organization: undefined, note, expiresAt }
        return { status: 201, body: showIssued(await issueInvitation(account, wish, caller), origin) }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/invitations/:id',
      summary: 'Withdraw an invitation onto the registry',
      access: { kind: 'instance', role: 'admin' },
      statuses: [204],
      async handle({ parameters, caller }) {
        const id = readId<InvitationId>(parameters['id'])
        const isDeleted = id !== undefined && (await invitations.delete(undefined, id, originOf(caller)))
        if (!isDeleted) throw notFound('such invitation')
        return { status: 204 }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/organizations/:org/invitations',
      summary: 'List the open invitations into an organization, the newest first',
      access: { kind: 'organization', right: 'inspect' },
      query: pageQuery,
      result: pageOf(shownInvitation),
      statuses: [200],
      async handle({ query }, { organization }) {
        return { status: 200, body: showPage(await invitations.list(organization.id, query), show) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/organizations/:org/invitations',
      summary: 'Invite somebody into an organization; the link is shown this once',
      access: { kind: 'organization', right: 'manage' },
      body: newOrganizationInvitation,
      result: issuedInvitation,
      statuses: [201],
      async handle({ body: { role, note, expiresAt }, caller, origin }, { account, organization, standing }) {
        if (!mayAssignRole(standing, role)) {
          const message = `a place as ${role} is given by owners of ${organization.name}; ask one of them to invite`
          const about = { object: organization.name, ownerId: organization.id }
          throw new NotAdmitted(new Problem(403, 'DENIED', message), about)
        }
        const wish = { organization: { id: organization.id, role }, note, expiresAt }
        return { status: 201, body: showIssued(await issueInvitation(account, wish, caller), origin) }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org/invitations/:id',
      summary: 'Withdraw an invitation into an organization',
      access: { kind: 'organization', right: 'manage' },
      statuses: [204],
      async handle({ parameters, caller }, { organization }) {
        const id = readId<InvitationId>(parameters['id'])
        const isDeleted = id !== undefined && (await invitations.delete(organization.id, id, originOf(caller)))
        if (!isDeleted) throw notFound('such invitation')
        return { status: 204 }
      },
    }),
  ]
}

function show(invitation: Invitation): z.infer<typeof shownInvitation> {
  const { id, organization, note, invitedBy, createdAt, expiresAt } = invitation
  return {
    id,
    organization: organization?.name ?? null,
    role: organization?.role ?? null,
    note: note ?? null,
    invitedBy: invitedBy.name,
    createdAt: showTime(createdAt),
    expiresAt: showTime(expiresAt),
  }
}

/** @throws Problem 422 for one that was not made */
function showIssued(issue: InvitationIssue, origin: string): z.infer<typeof issuedInvitation> {
  if (issue.kind === 'wrong-expiry') {
    const message = `expiresAt must be in the future, and at most ${MAX_INVITATION_DAYS} days away; change or omit it`
    throw new Problem(422, 'EXPIRY_INVALID', message)
  }
  const { invitation, text } = issue
  return { ...show(invitation), token: text, link: `${origin}/invitation?token=${text}` }
}
