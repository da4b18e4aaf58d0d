import { z } from 'zod'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { Grant, GrantStore } from '../../storage/metadata/grants.ts'
import type { Robot, RobotStore } from '../../storage/metadata/robots.ts'
import { originOf } from '../access/caller.ts'
import { robotUsername } from '../access/credential.ts'
import type { LastUses } from '../access/last-uses.ts'
import { createSecretText, hashSecret } from '../access/secret-text.ts'
import { partName, permission, repositoryPattern, shownTime, time } from './fields.ts'
import { createReadOwnPattern, showOwnPattern } from './own-patterns.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { createRobotSecretRoutes, secretText, shownRobotSecret, showRobotSecret } from './robot-secrets.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'
import { changedMeanwhile, requireDeleted } from './versions.ts'

const MAX_NEW_SCOPES = 50

/** Far more than a robot should have; whoever needs to see the rest reads the grants. */
const MAX_SHOWN_SCOPES = 1000

const shownListedRobot = z
  .strictObject({
    username: z.string().meta({ description: 'What it logs in with', examples: ['acme+ci'] }),
    name: z.string().meta({ examples: ['ci'] }),
    expiresAt: shownTime.nullable(),
    disabled: z.boolean(),
    createdAt: shownTime,
  })
  .meta({ id: 'ListedRobot' })

const shownRobot = shownListedRobot
  .extend({
    scopes: z.array(z.strictObject({ repositories: z.string().meta({ examples: ['acme/web-*'] }), permission })).meta({
      description: `Its grants as they are now, the first ${MAX_SHOWN_SCOPES}; all are at \`/grants?robot=\``,
    }),
    secrets: z.array(shownRobotSecret),
  })
  .meta({ id: 'Robot' })

const createdRobot = shownRobot.extend({ secret: secretText }).meta({ id: 'CreatedRobot' })

const newRobot = z
  .strictObject({
    name: partName,
    scopes: z
      .array(z.strictObject({ repositories: repositoryPattern, permission }))
      .min(1, 'a robot needs at least one scope; without any it could do nothing')
      .max(MAX_NEW_SCOPES),
    expiresAt: time.optional().meta({ description: 'Absent: never' }),
  })
  .meta({ id: 'NewRobot' })

const robotChanges = z
  .strictObject({
    disabled: z.boolean().exactOptional(),
    expiresAt: time.nullable().exactOptional().meta({ description: 'Null: never' }),
  })
  .meta({ id: 'RobotChanges' })

/** `/organizations/:org/robots`: build servers and clusters, and their secrets. */
export function createRobotRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly robots: Omit<RobotStore, 'findBySecret' | 'findWithSecret'>
  readonly grants: Pick<GrantStore, 'list'>
  readonly lastUses: Pick<LastUses, 'find'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): ApiRoute[] {
  const { accounts, robots, grants, lastUses, now } = deps
  const readOwnPattern = createReadOwnPattern({ accounts })

  /** @throws Problem 422 for an end that is over: most likely a time zone or a year was mixed up. */
  function checkExpiry(expiresAt: number | null | undefined): void {
    if (expiresAt === null || expiresAt === undefined || expiresAt > now()) return
    throw new Problem(422, 'EXPIRY_INVALID', 'expiresAt must be in the future; change or omit it')
  }

  async function getRobot(organization: Account, name: string | undefined): Promise<Robot> {
    const found = await robots.find(organization.id, name ?? '')
    if (found === undefined) throw notFound('such robot')
    return found
  }

  async function showRobot(organization: Account, shown: Robot): Promise<z.infer<typeof shownRobot>> {
    const holder = { kind: 'robot', id: shown.id } as const
    const [scopes, secrets] = await Promise.all([
      grants.list(organization.id, holder, { after: undefined, limit: MAX_SHOWN_SCOPES }),
      robots.listSecrets(shown.id),
    ])
    return {
      ...showListedRobot(shown),
      scopes: scopes.items.map((grant) => showScope(organization, grant)),
      secrets: secrets.map((secret) => showRobotSecret(secret, lastUses)),
    }
  }

  return [
    apiRoute({
      method: 'get',
      path: '/organizations/:org/robots',
      summary: 'List the robots of an organization',
      access: { kind: 'organization', right: 'inspect' },
      query: pageQuery,
      result: pageOf(shownListedRobot),
      statuses: [200],
      async handle({ query }, { organization }) {
        return { status: 200, body: showPage(await robots.list(organization.id, query), showListedRobot) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/organizations/:org/robots',
      summary: 'Create a robot; its secret is shown this once',
      access: { kind: 'organization', right: 'manage' },
      body: newRobot,
      result: createdRobot,
      statuses: [201],
      async handle({ body, caller }, { organization }) {
        const { name, expiresAt } = body
        checkExpiry(expiresAt)
        const scopes = await Promise.all(
          body.scopes.map(async ({ repositories, permission }) => ({
            pattern: await readOwnPattern(organization, repositories),
            permission,
          })),
        )
        const secret = createSecretText('robot-secret')
        const created = await robots.create(
          { organizationId: organization.id, name, scopes, expiresAt, secretHash: hashSecret(secret) },
          originOf(caller),
        )
        if (created.kind === 'name-taken') throw nameTaken(organization, name)
        const shown = await showRobot(organization, created.robot)
        return { status: 201, body: { ...shown, secret }, version: created.robot.version }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/organizations/:org/robots/:robot',
      summary: 'Show a robot with its scopes, and when its secrets were used last',
      access: { kind: 'organization', right: 'inspect' },
      result: shownRobot,
      statuses: [200],
      async handle({ parameters }, { organization }) {
        const found = await getRobot(organization, parameters['robot'])
        return { status: 200, body: await showRobot(organization, found), version: found.version }
      },
    }),
    apiRoute({
      method: 'patch',
      path: '/organizations/:org/robots/:robot',
      summary: 'Disable a robot or let it work again, or change when it expires',
      access: { kind: 'organization', right: 'manage' },
      body: robotChanges,
      result: shownRobot,
      statuses: [200],
      async handle({ parameters, body, caller, ifVersion }, { organization }) {
        checkExpiry(body.expiresAt)
        const { id } = await getRobot(organization, parameters['robot'])
        const result = await robots.update(id, body, originOf(caller), ifVersion)
        switch (result.kind) {
          case 'updated':
            return { status: 200, body: await showRobot(organization, result.robot), version: result.robot.version }
          case 'absent':
            throw notFound('such robot')
          case 'stale':
            throw changedMeanwhile()
        }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org/robots/:robot',
      summary: 'Delete a robot with its grants and secrets',
      access: { kind: 'organization', right: 'manage' },
      statuses: [204],
      async handle({ parameters, caller, ifVersion }, { organization }) {
        const { id } = await getRobot(organization, parameters['robot'])
        requireDeleted(await robots.delete(id, originOf(caller), ifVersion), notFound('such robot'))
        return { status: 204 }
      },
    }),
    ...createRobotSecretRoutes({ robots, lastUses, getRobot }),
  ]
}

function showListedRobot(robot: Robot): z.infer<typeof shownListedRobot> {
  const { name, expiresAt, disabledAt, createdAt } = robot
  return {
    username: robotUsername(robot),
    name,
    expiresAt: showOptionalTime(expiresAt),
    disabled: disabledAt !== undefined,
    createdAt: showTime(createdAt),
  }
}

function showScope(organization: Account, { pattern, permission }: Grant) {
  return { repositories: showOwnPattern(organization, pattern), permission }
}

function nameTaken(organization: Account, name: string): Problem {
  return new Problem(409, 'NAME_TAKEN', `${organization.name} has a robot ${name} already; choose another name`)
}
