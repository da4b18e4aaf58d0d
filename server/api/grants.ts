import { z } from 'zod'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { Grant, GrantHolder, GrantStore } from '../../storage/metadata/grants.ts'
import type { GrantId } from '../../storage/metadata/identities.ts'
import type { RobotStore } from '../../storage/metadata/robots.ts'
import type { TeamStore } from '../../storage/metadata/teams.ts'
import { originOf } from '../access/caller.ts'
import { createFindGrantHolder } from '../accounts/find-grant-holder.ts'
import { accountName, permission, readId, repositoryPattern, shownTime } from './fields.ts'
import { noSuchUser } from './no-such-user.ts'
import { createReadOwnPattern, showOwnPattern } from './own-patterns.ts'
import { pageOf, pageParameters, showPage, toPageRequest } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showTime } from './show-time.ts'
import { changedMeanwhile, requireDeleted } from './versions.ts'

const HOLDER_KINDS = ['user', 'team', 'robot'] as const satisfies readonly GrantHolder['kind'][]

const grantSubject = z.strictObject({
  type: z.enum(HOLDER_KINDS),
  name: accountName.meta({ description: 'Of a robot the part after the +', examples: ['ci'] }),
})

const shownGrant = z
  .strictObject({
    id: z.int(),
    subject: grantSubject,
    repositories: z.string().meta({ examples: ['acme/web-*'] }),
    permission,
    createdAt: shownTime,
  })
  .meta({ id: 'Grant' })

const newGrant = z
  .strictObject({ subject: grantSubject, repositories: repositoryPattern, permission })
  .meta({ id: 'NewGrant' })

const grantChanges = z.strictObject({ permission }).meta({ id: 'GrantChanges' })

const grantQuery = z
  .strictObject({
    ...pageParameters,
    user: accountName.optional().meta({ description: 'Only what this user was granted, teams apart' }),
    team: accountName.optional().meta({ description: 'Only what this team was granted', examples: ['web'] }),
    robot: accountName.optional().meta({ description: 'Only what this robot was granted', examples: ['ci'] }),
  })
  .transform(({ limit, after, ...names }, context) => {
    const [holder, ...more] = HOLDER_KINDS.flatMap((type) => {
      const name = names[type]
      return name === undefined ? [] : [{ type, name }]
    })
    if (more.length > 0) context.addIssue({ code: 'custom', message: 'ask for one of user, team and robot at a time' })
    return { page: toPageRequest({ limit, after }), holder }
  })

/** `/organizations/:org/grants`: who was given which permission on which of an organization's repositories. */
export function createGrantRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly teams: Pick<TeamStore, 'find'>
  readonly robots: Pick<RobotStore, 'find'>
  readonly grants: Omit<GrantStore, 'listCovering'>
}): ApiRoute[] {
  const { accounts, teams, robots, grants } = deps
  const findHolder = createFindGrantHolder({ accounts, teams, robots })
  const readOwnPattern = createReadOwnPattern({ accounts })

  async function getHolder(organization: Account, { type, name }: z.output<typeof grantSubject>): Promise<GrantHolder> {
    const holder = await findHolder(organization.id, type, name)
    if (holder !== undefined) return holder
    if (type === 'user') throw noSuchUser()
    throw new Problem(404, 'NOT_FOUND', `${organization.name} has no such ${type}; check the name, or create it first`)
  }

  return [
    apiRoute({
      method: 'get',
      path: '/organizations/:org/grants',
      summary: 'List what was granted in an organization; of one user, team or robot only, if asked',
      access: { kind: 'organization', right: 'inspect' },
      query: grantQuery,
      result: pageOf(shownGrant),
      statuses: [200],
      async handle({ query: { page, holder } }, { organization }) {
        const found = holder && (await getHolder(organization, holder))
        const listed = await grants.list(organization.id, found, page)
        return { status: 200, body: showPage(listed, (item) => showGrant(organization, item)) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/organizations/:org/grants',
      summary: 'Give a permission on repositories, or change the one given on the very same pattern',
      access: { kind: 'organization', right: 'manage' },
      body: newGrant,
      result: shownGrant,
      statuses: [200, 201],
      async handle({ body, caller, ifVersion }, { organization }) {
        const pattern = await readOwnPattern(organization, body.repositories)
        const holder = await getHolder(organization, body.subject)
        const given = { organizationId: organization.id, holder, pattern, permission: body.permission }
        const result = await grants.put(given, originOf(caller), ifVersion)
        if (result.kind === 'stale') throw changedMeanwhile()
        const { grant, isNew } = result
        return { status: isNew ? 201 : 200, body: showGrant(organization, grant), version: grant.version }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/organizations/:org/grants/:id',
      summary: 'Show a grant',
      access: { kind: 'organization', right: 'inspect' },
      result: shownGrant,
      statuses: [200],
      async handle({ parameters }, { organization }) {
        const found = await grants.find(organization.id, parseGrantId(parameters))
        if (found === undefined) throw noSuchGrant()
        return { status: 200, body: showGrant(organization, found), version: found.version }
      },
    }),
    apiRoute({
      method: 'patch',
      path: '/organizations/:org/grants/:id',
      summary: 'Change the permission of a grant',
      access: { kind: 'organization', right: 'manage' },
      body: grantChanges,
      result: shownGrant,
      statuses: [200],
      async handle({ parameters, body, caller, ifVersion }, { organization }) {
        const id = parseGrantId(parameters)
        const result = await grants.setPermission(organization.id, id, body.permission, originOf(caller), ifVersion)
        switch (result.kind) {
          case 'set':
            return { status: 200, body: showGrant(organization, result.grant), version: result.grant.version }
          case 'absent':
            throw noSuchGrant()
          case 'stale':
            throw changedMeanwhile()
        }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org/grants/:id',
      summary: 'Take back what was granted',
      access: { kind: 'organization', right: 'manage' },
      statuses: [204],
      async handle({ parameters, caller, ifVersion }, { organization }) {
        const id = parseGrantId(parameters)
        requireDeleted(await grants.delete(organization.id, id, originOf(caller), ifVersion), noSuchGrant())
        return { status: 204 }
      },
    }),
  ]
}

function showGrant(organization: Account, { id, holder, pattern, permission, createdAt }: Grant) {
  return {
    id,
    subject: { type: holder.kind, name: holder.name },
    repositories: showOwnPattern(organization, pattern),
    permission,
    createdAt: showTime(createdAt),
  }
}

function parseGrantId(parameters: Readonly<Record<string, string>>): GrantId {
  const id = readId<GrantId>(parameters['id'])
  if (id === undefined) throw noSuchGrant()
  return id
}

function noSuchGrant(): Problem {
  return notFound('such grant')
}
