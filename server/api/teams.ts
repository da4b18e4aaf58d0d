import { z } from 'zod'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { Team, TeamStore } from '../../storage/metadata/teams.ts'
import { originOf } from '../access/caller.ts'
import { partName, shownTime } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showTime } from './show-time.ts'
import { createTeamMemberRoutes } from './team-members.ts'
import { changedMeanwhile, requireDeleted } from './versions.ts'

const shownTeam = z
  .strictObject({
    name: z.string(),
    memberCount: z.int(),
    createdAt: shownTime,
  })
  .meta({ id: 'Team' })

const namedTeam = z.strictObject({ name: partName }).meta({ id: 'NamedTeam' })

/** `/organizations/:org/teams`: members to whom something is granted together. */
export function createTeamRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly teams: TeamStore
}): ApiRoute[] {
  const { accounts, teams } = deps

  async function getTeam(organization: Account, name: string | undefined): Promise<Team> {
    const found = await teams.find(organization.id, name ?? '')
    if (found === undefined) throw notFound('such team')
    return found
  }

  return [
    apiRoute({
      method: 'get',
      path: '/organizations/:org/teams',
      summary: 'List the teams of an organization',
      access: { kind: 'organization', right: 'read' },
      query: pageQuery,
      result: pageOf(shownTeam),
      statuses: [200],
      async handle({ query }, { organization }) {
        return { status: 200, body: showPage(await teams.list(organization.id, query), showTeam) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/organizations/:org/teams',
      summary: 'Create a team',
      access: { kind: 'organization', right: 'manage' },
      body: namedTeam,
      result: shownTeam,
      statuses: [201],
      async handle({ body, caller }, { organization }) {
        const result = await teams.create(organization.id, body.name, originOf(caller))
        if (result.kind === 'name-taken') throw nameTaken(organization, body.name)
        return { status: 201, body: showTeam(result.team), version: result.team.version }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/organizations/:org/teams/:team',
      summary: 'Show a team',
      access: { kind: 'organization', right: 'read' },
      result: shownTeam,
      statuses: [200],
      async handle({ parameters }, { organization }) {
        const found = await getTeam(organization, parameters['team'])
        return { status: 200, body: showTeam(found), version: found.version }
      },
    }),
    apiRoute({
      method: 'patch',
      path: '/organizations/:org/teams/:team',
      summary: 'Rename a team',
      access: { kind: 'organization', right: 'manage' },
      body: namedTeam,
      result: shownTeam,
      statuses: [200],
      async handle({ parameters, body, caller, ifVersion }, { organization }) {
        const { id } = await getTeam(organization, parameters['team'])
        const result = await teams.rename(id, body.name, originOf(caller), ifVersion)
        switch (result.kind) {
          case 'renamed':
            return { status: 200, body: showTeam(result.team), version: result.team.version }
          case 'absent':
            throw notFound('such team')
          case 'stale':
            throw changedMeanwhile()
          case 'name-taken':
            throw nameTaken(organization, body.name)
        }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org/teams/:team',
      summary: 'Delete a team with its grants; its members stay in the organization',
      access: { kind: 'organization', right: 'manage' },
      statuses: [204],
      async handle({ parameters, caller, ifVersion }, { organization }) {
        const { id } = await getTeam(organization, parameters['team'])
        requireDeleted(await teams.delete(id, originOf(caller), ifVersion), notFound('such team'))
        return { status: 204 }
      },
    }),
    ...createTeamMemberRoutes({ accounts, teams, getTeam }),
  ]
}

function showTeam({ name, memberCount, createdAt }: Team): z.infer<typeof shownTeam> {
  return { name, memberCount, createdAt: showTime(createdAt) }
}

function nameTaken(organization: Account, name: string): Problem {
  return new Problem(409, 'NAME_TAKEN', `${organization.name} has a team ${name} already; choose another name`)
}
