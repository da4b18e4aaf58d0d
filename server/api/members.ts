import { z } from 'zod'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { Member, MemberRole, MemberStore } from '../../storage/metadata/members.ts'
import { originOf } from '../access/caller.ts'
import { createAssignRole } from '../accounts/assign-role.ts'
import { createFindUser } from '../accounts/find-user.ts'
import { createRemoveMember } from '../accounts/remove-member.ts'
import { NotAdmitted } from './admission.ts'
import { memberRole, shownTime } from './fields.ts'
import { noSuchUser } from './no-such-user.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showTime } from './show-time.ts'
import { changedMeanwhile } from './versions.ts'

const shownMember = z
  .strictObject({
    username: z.string(),
    displayName: z.string().nullable(),
    role: memberRole,
    joinedAt: shownTime,
  })
  .meta({ id: 'Member' })

const membership = z.strictObject({ role: memberRole }).meta({ id: 'Membership' })

/** `/organizations/:org/members`: who belongs to an organization, and as what. */
export function createMemberRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly members: MemberStore
}): ApiRoute[] {
  const { accounts, members } = deps
  const findUser = createFindUser({ accounts })
  const assignRole = createAssignRole({ members })
  const removeMember = createRemoveMember({ members })

  return [
    apiRoute({
      method: 'get',
      path: '/organizations/:org/members',
      summary: 'List the members of an organization',
      access: { kind: 'organization', right: 'read' },
      query: pageQuery,
      result: pageOf(shownMember),
      statuses: [200],
      async handle({ query }, { organization }) {
        return { status: 200, body: showPage(await members.list(organization.id, query), showMember) }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/organizations/:org/members/:user',
      summary: 'Show a member of an organization',
      access: { kind: 'organization', right: 'read' },
      result: shownMember,
      statuses: [200],
      async handle({ parameters }, { organization }) {
        const user = await findUser(parameters['user'] ?? '')
        const found = user && (await members.find(organization.id, user.id))
        if (found === undefined) throw notFound('such member')
        return { status: 200, body: showMember(found), version: found.version }
      },
    }),
    apiRoute({
      method: 'put',
      path: '/organizations/:org/members/:user',
      summary: 'Add a user to an organization, or change the role of a member',
      access: { kind: 'organization', right: 'manage' },
      body: membership,
      result: shownMember,
      statuses: [200, 201],
      async handle({ parameters, body, caller, ifVersion }, { organization, standing }) {
        const user = await findUser(parameters['user'] ?? '')
        if (user === undefined) throw noSuchUser()
        const assignment = { organizationId: organization.id, userId: user.id, role: body.role, standing, ifVersion }
        const result = await assignRole(assignment, originOf(caller))
        switch (result.kind) {
          case 'assigned':
            return {
              status: result.isNew ? 201 : 200,
              body: showMember(result.member),
              version: result.member.version,
            }
          case 'denied':
            throw denied(organization, user, result.role)
          case 'stale':
            throw changedMeanwhile()
          case 'last-owner':
            throw lastOwner(organization, user)
        }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org/members/:user',
      summary: 'Remove a member from an organization, or leave it',
      // Members may leave by themselves; who may remove others is decided by their roles.
      access: { kind: 'organization', right: 'read' },
      statuses: [204],
      async handle({ parameters, caller, ifVersion }, { account, organization, standing }) {
        const user = await findUser(parameters['user'] ?? '')
        if (user === undefined) throw notFound('such member')
        const removal = { organizationId: organization.id, userId: user.id, byId: account.id, standing, ifVersion }
        const result = await removeMember(removal, originOf(caller))
        switch (result.kind) {
          case 'removed':
            return { status: 204 }
          case 'not-a-member':
            throw notFound('such member')
          case 'stale':
            throw changedMeanwhile()
          case 'denied':
            throw denied(organization, user, result.role)
          case 'last-owner':
            throw lastOwner(organization, user)
        }
      },
    }),
  ]
}

function showMember({ username, displayName, role, joinedAt }: Member): z.infer<typeof shownMember> {
  return { username, displayName: displayName ?? null, role, joinedAt: showTime(joinedAt) }
}

/** Whoever manages an organization without owning it handles its members and managers only. */
function denied(organization: Account, user: Account, role: MemberRole): NotAdmitted {
  const who = role === 'owner' || role === 'auditor' ? 'owners' : 'owners and managers'
  const article = role === 'owner' || role === 'auditor' ? 'an' : 'a'
  const sentence = `only ${who} of ${organization.name} decide who is ${article} ${role} of it; ask one of them`
  const about = { object: `${organization.name}/members/${user.name}`, ownerId: organization.id }
  return new NotAdmitted(new Problem(403, 'DENIED', sentence), about)
}

function lastOwner(organization: Account, user: Account): Problem {
  return new Problem(
    409,
    'LAST_OWNER',
    `${user.name} is the only owner of ${organization.name}; make somebody else an owner first`,
  )
}
