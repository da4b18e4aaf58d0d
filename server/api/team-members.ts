import { z } from 'zod'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { Team, TeamMember, TeamStore } from '../../storage/metadata/teams.ts'
import { originOf } from '../access/caller.ts'
import { createFindUser } from '../accounts/find-user.ts'
import { holdsOrganizationRight } from '../accounts/organization-rights.ts'
import { NotAdmitted } from './admission.ts'
import { noSuchUser } from './no-such-user.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const shownTeamMember = z
  .strictObject({ username: z.string(), displayName: z.string().nullable() })
  .meta({ id: 'TeamMember' })

/** `/organizations/:org/teams/:team/members`: who is in a team. */
export function createTeamMemberRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly teams: Pick<TeamStore, 'listMembers' | 'addMember' | 'removeMember'>
  /** @throws Problem 404 when the organization has no such team. */
  readonly getTeam: (organization: Account, name: string | undefined) => Promise<Team>
}): ApiRoute[] {
  const { accounts, teams, getTeam } = deps
  const findUser = createFindUser({ accounts })

  return [
    apiRoute({
      method: 'get',
      path: '/organizations/:org/teams/:team/members',
      summary: 'List the members of a team',
      access: { kind: 'organization', right: 'read' },
      query: pageQuery,
      result: pageOf(shownTeamMember),
      statuses: [200],
      async handle({ parameters, query }, { organization }) {
        const { id } = await getTeam(organization, parameters['team'])
        return { status: 200, body: showPage(await teams.listMembers(id, query), showTeamMember) }
      },
    }),
    apiRoute({
      method: 'put',
      path: '/organizations/:org/teams/:team/members/:user',
      summary: 'Add a member of the organization to a team',
      access: { kind: 'organization', right: 'manage' },
      statuses: [204],
      async handle({ parameters, caller }, { organization }) {
        const team = await getTeam(organization, parameters['team'])
        const user = await findUser(parameters['user'] ?? '')
        if (user === undefined) throw noSuchUser()
        const result = await teams.addMember(team.id, user.id, originOf(caller))
        if (result.kind === 'not-in-organization') throw notAMember(organization, user)
        return { status: 204 }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org/teams/:team/members/:user',
      summary: 'Remove somebody from a team, or leave it',
      // Members may leave by themselves.
      access: { kind: 'organization', right: 'read' },
      statuses: [204],
      async handle({ parameters, caller }, { account, organization, standing }) {
        const team = await getTeam(organization, parameters['team'])
        const user = await findUser(parameters['user'] ?? '')
        const isOneself = user?.id === account.id
        if (!isOneself && !holdsOrganizationRight(standing, 'manage')) throw denied(organization, team)
        const isRemoved = user !== undefined && (await teams.removeMember(team.id, user.id, originOf(caller)))
        if (!isRemoved) throw notFound('such member of the team')
        return { status: 204 }
      },
    }),
  ]
}

function showTeamMember({ username, displayName }: TeamMember): z.infer<typeof shownTeamMember> {
  return { username, displayName: displayName ?? null }
}

function notAMember(organization: Account, user: Account): Problem {
  return new Problem(
    409,
    'NOT_A_MEMBER',
    `${user.name} is not a member of ${organization.name}; add the user to the organization first`,
  )
}

function denied(organization: Account, team: Team): NotAdmitted {
  const sentence = `only owners and managers of ${organization.name} remove others from a team; ask one of them`
  const about = { object: `${organization.name}/teams/${team.name}`, ownerId: organization.id }
  return new NotAdmitted(new Problem(403, 'DENIED', sentence), about)
}
